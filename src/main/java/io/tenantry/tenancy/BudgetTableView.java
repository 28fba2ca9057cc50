package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** The budget that an organization or a membership embeds, under the name that clients know. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BudgetTableView(
        String budgetId,
        BigDecimal softBudget,
        BigDecimal maxBudget,
        Integer maxParallelRequests,
        Long tpmLimit,
        Long rpmLimit,
        String budgetDuration,
        List<String> allowedModels,
        BigDecimal tempBudgetIncrease,
        String tempBudgetExpiry,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    /** Null where there is none. */
    public static BudgetTableView of(BudgetTerms terms) {
        return of(terms, List.of());
    }

    /** A member's budget, which names the member's models. */
    static BudgetTableView of(BudgetTerms terms, List<String> allowedModels) {
        if (terms == null) {
            return null;
        }
        var limits = terms.limits();
        return new BudgetTableView(
                terms.budgetId(),
                NanoUsd.usdOrNull(limits.softBudgetNano),
                NanoUsd.usdOrNull(limits.maxBudgetNano),
                limits.maxParallelRequests,
                limits.tpmLimit,
                limits.rpmLimit,
                limits.budgetDuration,
                allowedModels,
                null,
                null,
                limits.further().shownWith("tpd_limit", "model_max_budget"));
    }
}
