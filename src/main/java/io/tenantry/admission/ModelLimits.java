package io.tenantry.admission;

import io.tenantry.limits.engine.Charge;
import java.util.List;

/** The rates and budgets of a level for one model, or for all models. */
record ModelLimits(List<ScopeRate> rates, List<ScopeBudget> budgets) {

    ModelLimits {
        rates = List.copyOf(rates);
        budgets = List.copyOf(budgets);
    }

    CostMatters costMatters() {
        var matters = CostMatters.NOT;
        for (var budget : budgets) {
            matters = matters.or(budget.costMatters());
        }
        return matters;
    }

    ModelLimits with(Allowance allowance) {
        return new ModelLimits(
                rates, budgets.stream().map(budget -> budget.with(allowance)).toList());
    }

    boolean isEmpty() {
        return rates.isEmpty() && budgets.isEmpty();
    }

    /**
     * The ledger counts by models: what a budget for an alias counts is the use of the model that it stands for, by whatever name.
     *
     * @param first where the charges begin that these may share a window with
     */
    void addCharges(List<Charge> charges, Ask ask, int first) {
        for (var rate : rates) {
            charges.add(rate.charge(ask));
        }
        for (var budget : budgets) {
            add(counting(budget.charge(ask.estimate(), ask.now()), ask.model()), charges, first);
        }
    }

    private static Charge.Budget counting(Charge.Budget charge, String model) {
        var named = charge.limit().model();
        return named == null || named.equals(model) ? charge : charge.of(model);
    }

    /**
     * Two periods can have the same window: {@code 30d} and {@code 1mo} always, {@code 4h} and {@code 5h} in the evening. It is one window of one balance,
     * where the request would be held twice: the tighter cap is the one that matters.
     */
    private static void add(Charge.Budget added, List<Charge> charges, int first) {
        for (int i = first; i < charges.size(); i++) {
            if (charges.get(i) instanceof Charge.Budget known && known.isOfSameWindow(added)) {
                charges.set(i, known.tighter(added));
                return;
            }
        }
        charges.add(added);
    }
}
