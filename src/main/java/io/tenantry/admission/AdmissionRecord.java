package io.tenantry.admission;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.ChargeCodec;
import io.tenantry.platform.redis.TenantRoot;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What an admission was: kept with its reservation, so that any instance can settle it as it was decided, whatever changed since.
 *
 * @param charges     taken under the tenant root
 * @param userRoot    where the user's own limits live when that is elsewhere; null otherwise
 * @param userCharges taken there
 */
public record AdmissionRecord(
        AdmissionId id,
        KeyOwner owner,
        String endUser,
        List<String> tags,
        String model,
        List<Charge> charges,
        TenantRoot userRoot,
        List<Charge> userCharges) {

    private static final JsonFactory JSON = new JsonFactory();
    private static final ObjectMapper READER = new ObjectMapper();

    public AdmissionRecord {
        tags = List.copyOf(tags);
        charges = List.copyOf(charges);
        userCharges = List.copyOf(userCharges);
    }

    /** All charges, the tenant's and then the user's own. */
    public List<Charge> allCharges() {
        if (userCharges.isEmpty()) {
            return charges;
        }
        var all = new ArrayList<>(charges);
        all.addAll(userCharges);
        return all;
    }

    /** JSON with short names: it is written once for each admission. */
    String payload() {
        var text = new StringWriter(512);
        try (var json = JSON.createGenerator(text)) {
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
            if (userRoot != null) {
                json.writeStringField("r", userRoot.id());
                json.writeFieldName("d");
                ChargeCodec.write(userCharges, json);
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    static AdmissionRecord ofPayload(String payload) {
        try {
            return of(READER.readTree(payload));
        } catch (JsonProcessingException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static AdmissionRecord of(JsonNode json) {
        var id = AdmissionId.parse(json.get("i").textValue()).orElseThrow();
        var userRoot = json.hasNonNull("r")
                ? new TenantRoot(ResourceKind.USER, json.get("r").textValue())
                : null;
        var tags = new ArrayList<String>();
        json.get("g").forEach(tag -> tags.add(tag.textValue()));
        return new AdmissionRecord(
                id,
                owner(id.keyId(), json),
                json.path("e").textValue(),
                tags,
                json.get("m").textValue(),
                ChargeCodec.read(json.get("c")),
                userRoot,
                userRoot == null ? List.of() : ChargeCodec.read(json.get("d")));
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
