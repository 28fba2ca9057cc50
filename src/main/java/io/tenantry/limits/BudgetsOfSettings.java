package io.tenantry.limits;

import java.util.Optional;

/** Shared budgets that settings name: they limit what has no row to be linked in. */
public interface BudgetsOfSettings {

    /** The setting that names the budget; empty when none does. */
    Optional<String> naming(String budgetId);
}
