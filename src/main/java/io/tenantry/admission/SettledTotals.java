package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import java.util.List;
import java.util.Map;

/** What the ledger says was spent in budgets' windows. */
public interface SettledTotals {

    /** In the order of the budgets, read together. Exact, including everything acknowledged before this call. */
    Uni<List<SettledTotal>> of(List<Charge.Budget> budgets);

    /** Nano-dollars that the budgets' windows took over from those before; without those of which it is not decided. */
    Uni<Map<Charge.Budget, Long>> carriedInto(List<Charge.Budget> budgets);
}
