package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/**
 * Names an admission, and carries what a settlement needs when everything else about it is forgotten (a late one, an emptied Redis): whose it
 * was, when, and under which request id. It is no secret and gives no right: only a proxy may use it.
 *
 * @param text URL-safe, made of the others. Format: version, key id, milliseconds, kind and id of the root, request id
 */
public record AdmissionId(UUID keyId, Instant admittedAt, TenantRoot root, String requestId, String text) {

    private static final byte FORMAT = 1;
    private static final int LONGEST = 2_048;
    private static final int LONGEST_REQUEST_ID = 255;

    /** Later than anything that we write, and within what the ledger has days for. */
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    public AdmissionId(UUID keyId, Instant admittedAt, TenantRoot root, String requestId) {
        this(keyId, admittedAt, root, requestId, text(keyId, admittedAt, root, requestId));
    }

    /** The reservation's name under its root. */
    public String holdId() {
        return holdId(keyId, requestId);
    }

    static String holdId(UUID keyId, String requestId) {
        return keyId + ":" + requestId;
    }

    private static String text(UUID keyId, Instant admittedAt, TenantRoot root, String requestId) {
        var rootId = root.id().getBytes(StandardCharsets.UTF_8);
        var request = requestId.getBytes(StandardCharsets.UTF_8);
        var bytes = ByteBuffer.allocate(1 + 16 + 8 + 1 + 2 + rootId.length + request.length)
                .put(FORMAT)
                .putLong(keyId.getMostSignificantBits())
                .putLong(keyId.getLeastSignificantBits())
                .putLong(admittedAt.toEpochMilli())
                .put((byte) root.kind().ordinal())
                .putShort((short) rootId.length)
                .put(rootId)
                .put(request);
        return ENCODER.encodeToString(bytes.array());
    }

    /** Empty when the text names no admission. */
    public static Optional<AdmissionId> parse(String text) {
        if (text.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            var bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            return bytes.get() == FORMAT ? Optional.of(read(bytes)) : Optional.empty();
        } catch (IllegalArgumentException | BufferUnderflowException | IndexOutOfBoundsException malformed) {
            return Optional.empty();
        }
    }

    private static AdmissionId read(ByteBuffer bytes) {
        var keyId = new UUID(bytes.getLong(), bytes.getLong());
        var at = Instant.ofEpochMilli(bytes.getLong());
        var kind = ResourceKind.values()[bytes.get()];
        var root = new TenantRoot(kind, text(bytes, bytes.getShort()));
        return new AdmissionId(keyId, at, root, text(bytes, bytes.remaining()));
    }

    /** We never hand out others, and the ledger would refuse them, with all that is booked in one group with them. */
    public boolean isBookable() {
        return requestId.length() <= LONGEST_REQUEST_ID
                && requestId.indexOf('\0') < 0
                && !admittedAt.isBefore(Instant.EPOCH)
                && admittedAt.isBefore(LATEST);
    }

    private static String text(ByteBuffer bytes, int length) {
        if (length < 1 || length > bytes.remaining()) {
            throw new IllegalArgumentException();
        }
        var text = new byte[length];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }
}
