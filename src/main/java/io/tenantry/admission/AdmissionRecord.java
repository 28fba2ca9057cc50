package io.tenantry.admission;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.ChargeCodec;
import io.tenantry.platform.http.JsonBytes;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * What an admission was: kept with its reservation, so that any instance can settle it as it was decided, whatever changed since.
 *
 * @param charges   taken under the tenant root
 * @param elsewhere taken under other roots, before the tenant's
 * @param estimate  what the charges were made of; null for a use that nobody admitted
 */
public record AdmissionRecord(
        AdmissionId id,
        KeyOwner owner,
        String endUser,
        List<String> tags,
        String model,
        List<Charge> charges,
        List<Part> elsewhere,
        Estimate estimate) {

    /** What was taken under a root of its own: the user's own limits, the end user's, a tag's. */
    public record Part(TenantRoot root, List<Charge> charges) {

        public Part {
            charges = List.copyOf(charges);
        }
    }

    private static final int USUAL_BYTES = 1_536;
    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectMapper READER = new ObjectMapper();

    public AdmissionRecord {
        tags = List.copyOf(tags);
        charges = List.copyOf(charges);
        elsewhere = List.copyOf(elsewhere);
    }

    /** The same admission with other charges under the tenant's root. */
    AdmissionRecord charging(List<Charge> others) {
        return new AdmissionRecord(id, owner, endUser, tags, model, others, elsewhere, estimate);
    }

    /** The same request in other words: under another id, and with other charges. */
    AdmissionRecord as(AdmissionId otherId, UnaryOperator<List<Charge>> change) {
        var parts = elsewhere.stream()
                .map(part -> new Part(part.root(), change.apply(part.charges())))
                .filter(part -> !part.charges().isEmpty())
                .toList();
        return new AdmissionRecord(otherId, owner, endUser, tags, model, change.apply(charges), parts, estimate);
    }

    /** All charges, the tenant's first. */
    public List<Charge> allCharges() {
        if (elsewhere.isEmpty()) {
            return charges;
        }
        var all = new ArrayList<>(charges);
        elsewhere.forEach(part -> all.addAll(part.charges()));
        return all;
    }

    /** All parts, the tenant's last: the order in which they are taken. */
    public List<Part> parts() {
        var parts = new ArrayList<>(elsewhere);
        parts.add(new Part(id.root(), charges));
        return parts;
    }

    /** JSON with short names: it is written once for each admission. */
    public Buffer payload() {
        var bytes = new JsonBytes(USUAL_BYTES);
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("i", id.text());
            json.writeStringField("h", owner.secretHash());
            json.writeStringField("a", owner.keyAlias());
            json.writeStringField("u", owner.userId());
            json.writeStringField("t", owner.teamId());
            json.writeStringField("n", owner.teamAlias());
            json.writeStringField("o", owner.organizationId());
            json.writeStringField("e", endUser);
            json.writeStringField("m", model);
            json.writeArrayFieldStart("g");
            for (var tag : tags) {
                json.writeString(tag);
            }
            json.writeEndArray();
            json.writeFieldName("c");
            ChargeCodec.write(charges, json);
            json.writeArrayFieldStart("x");
            for (var part : elsewhere) {
                json.writeStartArray();
                json.writeString(part.root().kind().label);
                json.writeString(part.root().id());
                ChargeCodec.write(part.charges(), json);
                json.writeEndArray();
            }
            json.writeEndArray();
            writeEstimate(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.buffer();
    }

    private void writeEstimate(JsonGenerator json) throws IOException {
        if (estimate != null) {
            json.writeArrayFieldStart("s");
            json.writeNumber(estimate.inputTokens());
            json.writeNumber(estimate.outputTokens());
            json.writeNumber(estimate.cost().value());
            json.writeString(estimate.source().wire);
            json.writeBoolean(estimate.bounded());
            if (estimate.isBatch()) {
                json.writeNumber(estimate.requests());
            }
            json.writeEndArray();
        }
    }

    private static Estimate readEstimate(JsonNode array) {
        return array == null
                ? null
                : new Estimate(
                        array.get(0).longValue(),
                        array.get(1).longValue(),
                        new NanoUsd(array.get(2).longValue()),
                        Estimate.Source.ofWire(array.get(3).textValue()),
                        array.get(4).booleanValue(),
                        array.path(5).asLong(1));
    }

    /** The opposite of {@link #payload}. */
    public static AdmissionRecord ofPayload(String payload) {
        try {
            return of(READER.readTree(payload));
        } catch (JsonProcessingException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static AdmissionRecord of(JsonNode json) {
        var id = AdmissionId.parse(json.get("i").textValue()).orElseThrow();
        var tags = new ArrayList<String>();
        json.get("g").forEach(tag -> tags.add(tag.textValue()));
        return new AdmissionRecord(
                id,
                owner(id.keyId(), json),
                json.path("e").textValue(),
                tags,
                json.get("m").textValue(),
                ChargeCodec.read(json.get("c")),
                elsewhere(json.get("x")),
                readEstimate(json.get("s")));
    }

    private static List<Part> elsewhere(JsonNode parts) {
        var elsewhere = new ArrayList<Part>();
        for (var part : parts) {
            var kind = ResourceKind.ofLabel(part.get(0).textValue());
            elsewhere.add(new Part(new TenantRoot(kind, part.get(1).textValue()), ChargeCodec.read(part.get(2))));
        }
        return elsewhere;
    }

    private static KeyOwner owner(UUID keyId, JsonNode json) {
        return new KeyOwner(
                keyId,
                json.get("h").textValue(),
                json.path("a").textValue(),
                json.path("u").textValue(),
                json.path("t").textValue(),
                json.path("n").textValue(),
                json.path("o").textValue());
    }
}
