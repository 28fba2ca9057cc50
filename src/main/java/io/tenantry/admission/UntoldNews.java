package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Attempts;
import io.tenantry.limits.engine.SettledTotal;
import java.util.function.Function;

/**
 * Something that {@link Untold} tells Redis later.
 *
 * @param name     of the reservation, or of a window
 * @param total    of a window that no reservation belongs to; else null
 * @param attempts those that nobody got an answer to; null for other news
 * @param telling  is given these
 */
record UntoldNews(
        String name,
        Kind kind,
        SettledTotal total,
        Attempts attempts,
        Function<Attempts, Uni<Void>> telling,
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

    /** Of two that say the same the newer one; of two totals the later one, since calls overtake each other. Attempts do as well: all of them count. */
    UntoldNews or(UntoldNews newer) {
        if (attempts != null && newer.attempts != null) {
            return newer.undoing(attempts.and(newer.attempts));
        }
        boolean saysMore = total == null ? kind.compareTo(newer.kind) > 0 : total.isLaterThan(newer.total);
        return saysMore ? this : newer;
    }

    private UntoldNews undoing(Attempts all) {
        return new UntoldNews(name, kind, total, all, telling, untilNanos);
    }
}
