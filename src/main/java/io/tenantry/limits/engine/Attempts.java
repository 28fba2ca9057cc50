package io.tenantry.limits.engine;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;

/**
 * Some of the attempts that were made under one reservation's id: those that began between two moments. A payload begins with the moment of its attempt, eight bytes in
 * milliseconds behind three others.
 */
public record Attempts(long firstMillis, long lastMillis) {

    private static final int MOMENT_AT = 3;

    public static Attempts between(Instant first, Instant last) {
        return new Attempts(first.toEpochMilli(), last.toEpochMilli());
    }

    /** One, and those before it. */
    public static Attempts until(Instant last) {
        return between(Instant.EPOCH, last);
    }

    /** These and those, and what began between them. */
    public Attempts and(Attempts those) {
        return new Attempts(Math.min(firstMillis, those.firstMillis), Math.max(lastMillis, those.lastMillis));
    }

    boolean include(Buffer payload) {
        if (payload.length() < MOMENT_AT + Long.BYTES) {
            return false;
        }
        long began = payload.getLong(MOMENT_AT);
        return firstMillis <= began && began <= lastMillis;
    }
}
