package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;

/** What the ledger says was spent in a budget's window. */
public interface SettledTotals {

    /** Nano-dollars, exact, including everything acknowledged before this call. */
    Uni<Long> of(Charge.Money budget);
}
