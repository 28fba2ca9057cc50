package io.tenantry.admission;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.http.JsonBytes;
import io.tenantry.platform.http.WireFormats;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A decision as JSON. {@link DecisionView} describes it; what is admitted is written from the decision itself, in the same words, because making views of
 * views and reading them by reflection was an eighth of an admission. A test holds the two alike.
 */
@ApplicationScoped
class DecisionJson {

    private static final int USUAL_BYTES = 4_096;

    private static final SerializableString CARRIED = new SerializedString(",\"carried\":");
    private static final SerializableString SPENT = new SerializedString(",\"spent\":");
    private static final SerializableString HELD = new SerializedString(",\"held\":");
    private static final SerializableString NO_RESET = new SerializedString(",\"reset_ms\":null");
    private static final SerializableString NOT_SPENT =
            new SerializedString(",\"spent\":null,\"held\":null,\"reset_ms\":");
    private static final SerializableString SHADOWED = new SerializedString(",\"shadowed\":true");
    private static final SerializableString THROTTLED = new SerializedString(",\"throttled\":true");

    private final ObjectMapper mapper;
    private final ObjectWriter views;

    DecisionJson(ObjectMapper mapper) {
        this.mapper = mapper;
        this.views = mapper.writerFor(DecisionView.class);
    }

    Buffer write(Decision decision) {
        try {
            var bytes = new JsonBytes(USUAL_BYTES);
            if (decision instanceof Decision.Admitted admitted) {
                write(admitted, bytes);
            } else {
                views.writeValue(bytes, DecisionView.of(decision));
            }
            return bytes.buffer();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private void write(Decision.Admitted decision, ByteArrayOutputStream bytes) throws IOException {
        try (var json = mapper.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeBooleanField("admitted", true);
            writeSubject(decision, json);
            writeAttachments(decision, json);
            json.writeObjectFieldStart("headers");
            for (var header :
                    LimitHeaders.of(decision.standings(), decision.degraded()).entrySet()) {
                json.writeStringField(header.getKey(), header.getValue());
            }
            json.writeEndObject();
            json.writeArrayFieldStart("limits");
            for (var standing : decision.standings()) {
                writeLimit(standing, json);
            }
            json.writeEndArray();
            writeEstimate(decision.record().estimate(), json);
            writeWarnings(decision.standings(), json);
            json.writeBooleanField("degraded", decision.degraded());
            json.writeEndObject();
        }
    }

    private static void writeSubject(Decision.Admitted decision, JsonGenerator json) throws IOException {
        var record = decision.record();
        var owner = record.owner();
        json.writeStringField("admission_id", record.id().text());
        json.writeStringField("request_id", record.id().requestId());
        json.writeStringField("expires_at", WireFormats.text(decision.expiresAt()));
        json.writeStringField("key_id", owner.keyId().toString());
        writeUnlessNull("user_id", owner.userId(), json);
        writeUnlessNull("team_id", owner.teamId(), json);
        writeUnlessNull("organization_id", owner.organizationId(), json);
        writeUnlessNull("end_user", record.endUser(), json);
        json.writeStringField("model", record.model());
    }

    private static void writeAttachments(Decision.Admitted decision, JsonGenerator json) throws IOException {
        var attachments = decision.attachments();
        json.writePOJOField("metadata", attachments.metadata());
        writeTexts("guardrails", attachments.guardrails(), json);
        writeTexts("tags", decision.record().tags(), json);
        if (attachments.objectPermission() != null) {
            json.writePOJOField("object_permission", attachments.objectPermission());
        }
        writeUnlessNull("default_model", attachments.defaultModel(), json);
    }

    private static void writeUnlessNull(String name, String text, JsonGenerator json) throws IOException {
        if (text != null) {
            json.writeStringField(name, text);
        }
    }

    private static void writeTexts(String name, List<String> texts, JsonGenerator json) throws IOException {
        json.writeArrayFieldStart(name);
        for (var text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    /** As {@link LimitView}. What is the same in all decisions is written as it is, so the generator does not see the fields and sets no commas. */
    private static void writeLimit(Standing standing, JsonGenerator json) throws IOException {
        var charge = standing.charge();
        var told = ToldLimit.of(charge);
        json.writeStartObject();
        json.writeRaw(told.head());
        json.writeRaw(charge.most() == Charge.UNLIMITED ? "null" : amount(standing.remaining(), charge));
        if (charge instanceof Charge.Budget) {
            if (standing.carried() != 0) {
                json.writeRaw(CARRIED);
                json.writeRaw(amount(standing.carried(), charge));
            }
            json.writeRaw(SPENT);
            json.writeRaw(amount(standing.used(), charge));
            json.writeRaw(HELD);
            json.writeRaw(amount(standing.held(), charge));
            json.writeRaw(NO_RESET);
            json.writeRaw(told.tail());
        } else if (charge instanceof Charge.Rate) {
            json.writeRaw(NOT_SPENT);
            json.writeRaw(Long.toString(LimitView.resetMillis(standing)));
        } else {
            json.writeRaw(NOT_SPENT);
            json.writeRaw("null");
        }
        if (charge.shadow() && standing.isShort()) {
            json.writeRaw(SHADOWED);
        }
        if (charge.limit().kind().isThrottled()) {
            json.writeRaw(THROTTLED);
        }
        json.writeEndObject();
    }

    private static String amount(long amount, Charge charge) {
        return charge.limit().kind() == LimitKind.BUDGET ? new NanoUsd(amount).toDecimal() : Long.toString(amount);
    }

    private static void writeEstimate(Estimate estimate, JsonGenerator json) throws IOException {
        if (estimate != null) {
            json.writeObjectFieldStart("estimate");
            json.writeNumberField("tokens", estimate.tokens());
            json.writeFieldName("cost_usd");
            json.writeNumber(estimate.cost().toDecimal());
            json.writeStringField("source", estimate.source().wire);
            json.writeBooleanField("bounded", estimate.bounded());
            json.writeEndObject();
        }
    }

    private static void writeWarnings(List<Standing> standings, JsonGenerator json) throws IOException {
        boolean begun = false;
        for (var standing : standings) {
            if (DecisionView.isWarning(standing)) {
                if (!begun) {
                    json.writeArrayFieldStart("warnings");
                    begun = true;
                }
                writeLimit(standing, json);
            }
        }
        if (begun) {
            json.writeEndArray();
        }
    }
}
