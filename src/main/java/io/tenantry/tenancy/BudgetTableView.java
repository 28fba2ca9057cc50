package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.math.BigDecimal;
import java.time.Instant;
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
        Instant tempBudgetExpiry,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    /** Null where there is none. */
    public static BudgetTableView of(BudgetTerms terms) {
        return of(terms, List.of(), null, null);
    }

    /** A member's budget, which names the member's models and what it may spend beyond its cap. */
    static BudgetTableView of(BudgetTerms terms, TeamMembership membership) {
        return of(
                terms,
                membership.models,
                NanoUsd.usdOrNull(membership.tempBudgetIncreaseNano),
                membership.tempBudgetExpiresAt);
    }

    private static BudgetTableView of(
            BudgetTerms terms, List<String> allowedModels, BigDecimal increase, Instant increaseEnds) {
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
                increase,
                increaseEnds,
                limits.further().shownWith("tpd_limit", "model_max_budget"));
    }
}
