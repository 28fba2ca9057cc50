package io.tenantry.admission;

import io.tenantry.limits.BudgetsOfSettings;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/** The budget of customers without one of their own, and the one for all. */
@ApplicationScoped
class ConfiguredBudgets implements BudgetsOfSettings {

    private final AdmissionConfig config;

    ConfiguredBudgets(AdmissionConfig config) {
        this.config = config;
    }

    @Override
    public Optional<String> naming(String budgetId) {
        return config.defaultCustomerBudgetId()
                .filter(budgetId::equals)
                .map(named -> "tenantry.admission.default-customer-budget-id")
                .or(() -> config.globalBudgetId()
                        .filter(budgetId::equals)
                        .map(named -> "tenantry.admission.global-budget-id"));
    }
}
