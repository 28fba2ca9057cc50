package io.tenantry.limits.engine;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What came of a reservation. A store that cannot answer is no result but a failure. Standings are in the order of the charges. */
public sealed interface ReserveResult {

    /** Everything was taken. */
    record Taken(Instant expiresAt, List<Standing> standings) implements ReserveResult {}

    /**
     * It had been taken before under this id: the first answer's figures, and the payload it was made with.
     *
     * @param open      false when it has been settled since
     * @param elsewhere how the limits stood that the same request took under other roots
     */
    record Repeated(boolean open, Instant expiresAt, List<Long> figures, Buffer payload, List<Standing> elsewhere)
            implements ReserveResult {

        public Repeated(boolean open, Instant expiresAt, List<Long> figures, Buffer payload) {
            this(open, expiresAt, figures, payload, List.of());
        }

        /** With how limits under one more root stood. */
        public Repeated with(List<Standing> others) {
            var all = new ArrayList<>(elsewhere);
            all.addAll(others);
            return new Repeated(open, expiresAt, figures, payload, List.copyOf(all));
        }
    }

    /** At least one limit is short; nothing was taken anywhere. */
    record Short(List<Standing> standings) implements ReserveResult {

        /** The limits that refuse, the most specific first. */
        public List<Standing> shortages() {
            return standings.stream().filter(Standing::refuses).toList();
        }
    }

    /** Nothing was asked for: how everything stands, and whether it would fit. */
    record Looked(List<Standing> standings) implements ReserveResult {}

    /** The policy is outdated or its versions are unknown; nothing was taken. Read it again and repeat. */
    record Stale() implements ReserveResult {}

    /**
     * These budgets' settled totals are not known to the store; nothing was taken. Load them and repeat.
     *
     * @param asOfMicros the store's time of this answer, for {@link LimitStore#load}
     */
    record TotalsMissing(List<Charge.Budget> budgets, long asOfMicros) implements ReserveResult {}
}
