package io.tenantry.platform.log;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;

/**
 * For lines of which an outage makes thousands a second: of each kind the first is written, and after it one a second.
 *
 * @param <K> of few values: each is remembered
 */
public final class Thinned<K> {

    private static final Duration EVERY = Duration.ofSeconds(1);

    private final Map<K, Kind> kinds = new ConcurrentHashMap<>();

    private static final class Kind {

        private long writtenAtNanos; // guarded by this, like the other
        private int leftOut;

        private Kind(long nowNanos) {
            writtenAtNanos = nowNanos - EVERY.toNanos();
        }

        private synchronized OptionalInt next(long nowNanos) {
            if (nowNanos - writtenAtNanos < EVERY.toNanos()) {
                leftOut++;
                return OptionalInt.empty();
            }
            int since = leftOut;
            leftOut = 0;
            writtenAtNanos = nowNanos;
            return OptionalInt.of(since);
        }
    }

    /** How many of this kind were left out since the last one that was written; empty where this one is to be left out. */
    public OptionalInt next(K kind, long nowNanos) {
        return kinds.computeIfAbsent(kind, first -> new Kind(nowNanos)).next(nowNanos);
    }
}
