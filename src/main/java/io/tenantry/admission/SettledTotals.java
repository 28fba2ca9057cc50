package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;

/** What the ledger says was spent in a budget's window. */
public interface SettledTotals {

    /** Exact, including everything acknowledged before this call. */
    Uni<SettledTotal> of(Charge.Budget budget);
}
