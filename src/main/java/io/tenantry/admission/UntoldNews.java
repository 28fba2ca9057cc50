package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Attempts;
import io.tenantry.limits.engine.SettledTotal;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Something that {@link Untold} tells Redis later.
 *
 * @param name     of the reservation, or of a window
 * @param total    of a window that no reservation belongs to; else null
 * @param attempts those that nobody got an answer to, none of others; empty for other news
 * @param telling  is given these
 */
record UntoldNews(
        String name,
        Kind kind,
        SettledTotal total,
        List<Attempts> attempts,
        Function<List<Attempts>, Uni<Void>> telling,
        long untilNanos) {

    /** Who asks so often without an answer has them undone together with those between them, which may have had one. */
    private static final int MOST_ATTEMPTS = 16;

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
        if (kind == Kind.ABANDONED && newer.kind == Kind.ABANDONED) {
            return newer.undoing(all(attempts, newer.attempts));
        }
        boolean saysMore = total == null ? kind.compareTo(newer.kind) > 0 : total.isLaterThan(newer.total);
        return saysMore ? this : newer;
    }

    private static List<Attempts> all(List<Attempts> these, List<Attempts> those) {
        var all = Stream.concat(these.stream(), those.stream()).distinct().toList();
        return all.size() <= MOST_ATTEMPTS
                ? all
                : List.of(all.stream().reduce(Attempts::and).orElseThrow());
    }

    private UntoldNews undoing(List<Attempts> all) {
        return new UntoldNews(name, kind, total, all, telling, untilNanos);
    }
}
