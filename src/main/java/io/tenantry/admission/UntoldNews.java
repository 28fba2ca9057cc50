package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.SettledTotal;
import java.time.Instant;
import java.util.function.Function;

/**
 * Something that {@link Untold} tells Redis later.
 *
 * @param name    of the reservation, or of a window
 * @param total   of a window that no reservation belongs to; else null
 * @param since   when the first of its attempts began that nobody got an answer to; null for other news
 * @param telling is given that moment
 */
record UntoldNews(
        String name,
        Kind kind,
        SettledTotal total,
        Instant since,
        Function<Instant, Uni<Void>> telling,
        long untilNanos) {

    /** What is to be told of a reservation. A later one says more. */
    enum Kind {
        /** Nobody got an answer to it. */
        ABANDONED,
        /** Redis has lost it, and it is to be put back. */
        LOST,
        RELEASED,
        SETTLED
    }

    boolean isOver() {
        return untilNanos - System.nanoTime() <= 0;
    }

    /** Of two that say the same the newer one; of two totals the later one, since calls overtake each other. */
    UntoldNews or(UntoldNews newer) {
        if (since != null && newer.since != null) {
            return newer.since(since);
        }
        boolean saysMore = total == null ? kind.compareTo(newer.kind) > 0 : total.isLaterThan(newer.total);
        return saysMore ? this : newer;
    }

    private UntoldNews since(Instant first) {
        return new UntoldNews(name, kind, total, first, telling, untilNanos);
    }
}
