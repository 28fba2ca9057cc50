package io.tenantry.admission;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.limits.engine.ChargeCodec;
import io.tenantry.platform.http.JsonBytes;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;

/**
 * Admissions as bytes: CBOR (RFC 8949), fields by their position, a published format. It is written for each admission, goes to Redis and into its
 * append-only file: half the bytes of JSON with names (decision 0032).
 *
 * <pre>
 * [format, admitted at ms, request id, whether the id says what was admitted, root's kind, root's id, key's id, secret's hash, key's alias, user, team, team's alias, organization, end user,
 *  model, [tags], [charges], [[root's kind, root's id, [charges]] of other roots], estimate or null]
 * estimate: [input tokens, output tokens, nano-dollars, source, bounded, requests]
 * </pre>
 *
 * A root's id is null where it is the usual one: what the owner has of that kind.
 */
final class AdmissionRecordCodec {

    private static final int FORMAT = 1;
    private static final int USUAL_BYTES = 768;
    private static final CBORFactory CBOR = new CBORFactory();
    private static final ObjectReader READER = new CBORMapper(CBOR).reader();

    /** An array without a length, a small number, a number of eight bytes. */
    private static final byte[] STAMP = {(byte) 0x9F, FORMAT, 0x1B};

    static final int STAMP_BYTES = STAMP.length + Long.BYTES;

    private AdmissionRecordCodec() {}

    /** How each record of that moment begins; {@link io.tenantry.limits.engine.Attempts} reads it, and {@code finish.v3.lua}. */
    static Buffer stamp(Instant admittedAt) {
        return Buffer.buffer(STAMP_BYTES).appendBytes(STAMP).appendLong(admittedAt.toEpochMilli());
    }

    static Buffer write(AdmissionRecord record) {
        var bytes = new JsonBytes(USUAL_BYTES);
        try (var out = CBOR.createGenerator(bytes)) {
            write(record, out);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return bytes.buffer();
    }

    private static void write(AdmissionRecord record, JsonGenerator out) throws IOException {
        var names = new UsualIds(record.owner(), record.endUser());
        var charges = new ChargeCodec(names::of);
        out.writeStartArray();
        out.writeNumber(FORMAT);
        writeId(record.id(), names, out);
        writeOwner(record.owner(), out);
        out.writeString(record.endUser());
        out.writeString(record.model());
        writeTexts(record.tags(), out);
        charges.write(record.charges(), out);
        out.writeStartArray();
        for (var part : record.elsewhere()) {
            out.writeStartArray();
            writeRoot(part.root(), names, out);
            charges.write(part.charges(), out);
            out.writeEndArray();
        }
        out.writeEndArray();
        writeEstimate(record.estimate(), out);
        out.writeEndArray();
    }

    private static void writeId(AdmissionId id, UsualIds names, JsonGenerator out) throws IOException {
        out.writeNumber(id.admittedAt().toEpochMilli());
        out.writeString(id.requestId());
        out.writeBoolean(!id.subject().equals(AdmissionId.Subject.UNSAID));
        writeRoot(id.root(), names, out);
    }

    private static void writeRoot(TenantRoot root, UsualIds names, JsonGenerator out) throws IOException {
        out.writeString(root.kind().label);
        out.writeString(root.id().equals(names.of(root.kind())) ? null : root.id());
    }

    private static void writeOwner(KeyOwner owner, JsonGenerator out) throws IOException {
        out.writeBinary(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(owner.keyId().getMostSignificantBits())
                .putLong(owner.keyId().getLeastSignificantBits())
                .array());
        out.writeString(owner.secretHash());
        out.writeString(owner.keyAlias());
        out.writeString(owner.userId());
        out.writeString(owner.teamId());
        out.writeString(owner.teamAlias());
        out.writeString(owner.organizationId());
    }

    private static void writeTexts(List<String> texts, JsonGenerator out) throws IOException {
        out.writeStartArray();
        for (var text : texts) {
            out.writeString(text);
        }
        out.writeEndArray();
    }

    private static void writeEstimate(Estimate estimate, JsonGenerator out) throws IOException {
        if (estimate == null) {
            out.writeNull();
            return;
        }
        out.writeStartArray();
        out.writeNumber(estimate.inputTokens());
        out.writeNumber(estimate.outputTokens());
        out.writeNumber(estimate.cost().value());
        out.writeString(estimate.source().wire);
        out.writeBoolean(estimate.bounded());
        out.writeNumber(estimate.requests());
        out.writeEndArray();
    }

    /** Fails with LIMITS_UNAVAILABLE where we cannot read it: another release, which runs beside this one, has written it and can. */
    static AdmissionRecord read(Buffer payload) {
        try {
            var fields = READER.readTree(payload.getBytes()).iterator();
            if (fields.hasNext() && fields.next().intValue() == FORMAT) {
                return read(fields);
            }
        } catch (IOException | RuntimeException unreadable) {
            throw anotherRelease(unreadable.toString());
        }
        throw anotherRelease("its format is not " + FORMAT);
    }

    private static Problem anotherRelease(String why) {
        return Problem.of(ProblemCode.LIMITS_UNAVAILABLE)
                .detail("This was admitted by another release of Tenantry, which has to be asked; try again")
                .internally("a record of an admission cannot be read: %s", why);
    }

    /** In the order in which they were written; what names the root comes before the names that it may be short for. */
    private static AdmissionRecord read(Iterator<JsonNode> fields) throws IOException {
        var admittedAt = Instant.ofEpochMilli(fields.next().longValue());
        var requestId = fields.next().textValue();
        boolean said = fields.next().booleanValue();
        var rootKind = fields.next();
        var rootId = fields.next();
        var owner = owner(fields);
        var endUser = fields.next().textValue();
        var model = fields.next().textValue();
        var tags = texts(fields.next());
        var names = new UsualIds(owner, endUser);
        var codec = new ChargeCodec(names::of);
        var charges = codec.read(fields.next());
        var elsewhere = new ArrayList<Part>();
        for (var part : fields.next()) {
            elsewhere.add(new Part(root(part.get(0), part.get(1), names), codec.read(part.get(2))));
        }
        var id = AdmissionId.of(
                owner.keyId(),
                admittedAt,
                root(rootKind, rootId, names),
                requestId,
                said ? new AdmissionId.Subject(model, endUser, tags) : AdmissionId.Subject.UNSAID);
        return new AdmissionRecord(id, owner, endUser, tags, model, charges, elsewhere, estimate(fields.next()));
    }

    private static KeyOwner owner(Iterator<JsonNode> fields) throws IOException {
        var keyId = ByteBuffer.wrap(fields.next().binaryValue());
        return new KeyOwner(
                new UUID(keyId.getLong(), keyId.getLong()),
                fields.next().textValue(),
                fields.next().textValue(),
                fields.next().textValue(),
                fields.next().textValue(),
                fields.next().textValue(),
                fields.next().textValue());
    }

    private static TenantRoot root(JsonNode label, JsonNode id, UsualIds names) {
        var kind = ResourceKind.ofLabel(label.textValue());
        return new TenantRoot(kind, id.isNull() ? names.of(kind) : id.textValue());
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    private static Estimate estimate(JsonNode fields) {
        return fields.isNull()
                ? null
                : new Estimate(
                        fields.get(0).longValue(),
                        fields.get(1).longValue(),
                        new NanoUsd(fields.get(2).longValue()),
                        Estimate.Source.ofWire(fields.get(3).textValue()),
                        fields.get(4).booleanValue(),
                        fields.get(5).longValue());
    }

    /** What of each kind the owner of an admission has: most scopes and roots are these. */
    private record UsualIds(KeyOwner owner, String endUser) {

        String of(ResourceKind kind) {
            return switch (kind) {
                case KEY -> owner.keyId().toString();
                case USER -> owner.userId();
                case TEAM -> owner.teamId();
                case ORGANIZATION -> owner.organizationId();
                case TEAM_MEMBER -> member(kind, owner.teamId());
                case ORGANIZATION_MEMBER -> member(kind, owner.organizationId());
                case END_USER -> endUser;
                default -> null;
            };
        }

        private String member(ResourceKind kind, String outerId) {
            return outerId == null || owner.userId() == null
                    ? null
                    : ResourceRef.member(kind, outerId, owner.userId()).id();
        }
    }
}
