package io.tenantry.limits.engine;

import java.time.Instant;
import java.util.List;

/** What came of a reservation. A store that cannot answer is no result but a failure. */
public sealed interface ReserveResult {

    /** Everything was taken. */
    record Taken(Instant expiresAt, List<Standing> standings) implements ReserveResult {}

    /** It had been taken before under this id: the first answer's figures, and the payload it was made with. */
    record Repeated(Instant expiresAt, List<Long> figures, String payload) implements ReserveResult {}

    /** At least one limit is short; nothing was taken anywhere. In the order of the charges: the most specific first. */
    record Short(List<Standing> shortages) implements ReserveResult {}

    /** The policy is outdated or its versions are unknown; nothing was taken. Read it again and repeat. */
    record Stale() implements ReserveResult {}

    /** These budgets' settled totals are not known to the store; nothing was taken. Load them and repeat. */
    record TotalsMissing(List<Charge.Money> budgets) implements ReserveResult {}
}
