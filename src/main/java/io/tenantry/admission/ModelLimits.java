package io.tenantry.admission;

import io.tenantry.limits.engine.Charge;
import java.util.List;

/** The rates and budgets of a level for one model, or for all models. */
record ModelLimits(List<ScopeRate> rates, List<ScopeBudget> budgets) {

    ModelLimits {
        rates = List.copyOf(rates);
        budgets = List.copyOf(budgets);
    }

    boolean hasMoneyCap() {
        return budgets.stream().anyMatch(ScopeBudget::isMoneyCap);
    }

    ModelLimits with(Allowance allowance) {
        return new ModelLimits(
                rates, budgets.stream().map(budget -> budget.with(allowance)).toList());
    }

    boolean isEmpty() {
        return rates.isEmpty() && budgets.isEmpty();
    }

    void addCharges(List<Charge> charges, Ask ask) {
        for (var rate : rates) {
            charges.add(rate.charge(ask));
        }
        for (var budget : budgets) {
            charges.add(budget.charge(ask.estimate(), ask.now()));
        }
    }
}
