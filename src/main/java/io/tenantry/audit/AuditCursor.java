package io.tenantry.audit;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.nio.ByteBuffer;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.UUID;

/** A place in the trail: the entry after which the next page begins. */
record AuditCursor(OffsetDateTime at, UUID auditId) {

    private static final int BYTES = 24;
    private static final OffsetDateTime EPOCH = OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);

    String text() {
        var bytes = ByteBuffer.allocate(BYTES)
                .putLong(EPOCH.until(at, ChronoUnit.MICROS))
                .putLong(auditId.getMostSignificantBits())
                .putLong(auditId.getLeastSignificantBits())
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static AuditCursor of(String text) {
        try {
            var bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            if (bytes.remaining() != BYTES) {
                throw malformed();
            }
            return new AuditCursor(
                    EPOCH.plus(bytes.getLong(), ChronoUnit.MICROS), new UUID(bytes.getLong(), bytes.getLong()));
        } catch (IllegalArgumentException | ArithmeticException | java.time.DateTimeException malformed) {
            throw malformed();
        }
    }

    private static Problem malformed() {
        return Problem.of(ProblemCode.INVALID_VALUE).param("cursor").detail("cursor is not one that we gave out");
    }
}
