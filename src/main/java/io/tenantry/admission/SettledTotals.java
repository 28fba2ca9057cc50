package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import java.util.List;

/** What the ledger says was spent in budgets' windows. */
public interface SettledTotals {

    /** In the order of the budgets, read together. Exact, including everything acknowledged before this call. */
    Uni<List<SettledTotal>> of(List<Charge.Budget> budgets);
}
