package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What the ledger says was spent in budgets' windows. */
public interface SettledTotals {

    /** In the order of the budgets, read together. Exact, including everything acknowledged before this call. */
    Uni<List<SettledTotal>> of(List<Charge.Budget> budgets);

    /** What was used of these charges, each budget with its total, so that Redis knows it even if it has forgotten it. */
    default Uni<List<ActualCharge>> withTotals(List<Charge> charges, ToLongFunction<Charge> used) {
        var budgets = charges.stream()
                .filter(Charge.Budget.class::isInstance)
                .map(Charge.Budget.class::cast)
                .toList();
        var read = budgets.isEmpty() ? Uni.createFrom().item(List.<SettledTotal>of()) : of(budgets);
        return read.map(found -> charges.stream()
                .map(charge -> new ActualCharge(
                        charge,
                        used.applyAsLong(charge),
                        charge instanceof Charge.Budget ? found.get(budgets.indexOf(charge)) : null))
                .toList());
    }

    /** Nano-dollars that the budgets' windows took over from those before; without those of which it is not decided. */
    Uni<Map<Charge.Budget, Long>> carriedInto(List<Charge.Budget> budgets);
}
