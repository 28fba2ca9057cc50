package io.tenantry.usage;

import io.tenantry.admission.AdmissionRecord;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Map;

/**
 * A settled use that waits in Redis for the ledger.
 *
 * @param event as {@code book_usage} reads it
 * @param admission what was admitted, so that any instance can tell the limit store
 * @param settledAt when it was acknowledged
 */
record SpooledUse(JsonObject event, AdmissionRecord admission, Instant settledAt) {

    /** Its name in the spool: what the ledger books once, or the first part of it. Both are kept, since the whole raises what the part has booked. */
    String request() {
        var whole = name(event.getString("day"), event.getString("key_id"), event.getString("request_id"));
        return event.getBoolean("partial") ? whole + "|partial" : whole;
    }

    /** The name of the settlement after which nothing more is booked for the request. */
    static String wholeOf(UsageEvent event) {
        return name(event.day(), event.owner().keyId(), event.requestId());
    }

    private static String name(Object day, Object keyId, String requestId) {
        return day + "|" + keyId + "|" + requestId;
    }

    Buffer text() {
        return new JsonObject()
                .put("event", event)
                .put("admission", admission.payload().getBytes())
                .put("settled_at", settledAt.toString())
                .toBuffer();
    }

    static SpooledUse of(Buffer text) {
        var json = new JsonObject(text);
        return new SpooledUse(
                json.getJsonObject("event"),
                AdmissionRecord.ofPayload(Buffer.buffer(json.getBinary("admission"))),
                Instant.parse(json.getString("settled_at")));
    }

    /** What the ledger will hold. Totals are not known before. */
    Booked booked(boolean first) {
        return Booked.of(event, first, settledAt, Map.of(), true);
    }
}
