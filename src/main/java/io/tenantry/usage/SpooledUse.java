package io.tenantry.usage;

import io.tenantry.admission.AdmissionRecord;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A settled use that waits in Redis for the ledger.
 *
 * @param event as {@code book_usage} reads it
 * @param admission what was admitted, so that any instance can tell the limit store
 * @param settledAt when it was acknowledged
 */
record SpooledUse(JsonObject event, AdmissionRecord admission, Instant settledAt) {

    /** Its name in the spool: what the ledger books once. A part is named by its figures too, so that a larger one, or the whole, is kept as well and raises it. */
    String request() {
        var whole = name(event.getString("day"), event.getString("key_id"), event.getString("request_id"));
        return event.getBoolean("partial") ? whole + "|" + figures() : whole;
    }

    private String figures() {
        return Stream.of("input_tokens", "output_tokens", "total_tokens", "cost_nano", "status")
                .map(event::getValue)
                .map(String::valueOf)
                .collect(Collectors.joining("|", "partial|", ""));
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
