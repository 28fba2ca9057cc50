package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A budget as clients read it.
 *
 * @param linkedEntities absent where they were not asked for
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BudgetView(
        @NotNull String budgetId,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        Integer maxParallelRequests,
        Long tpmLimit,
        Long rpmLimit,
        String budgetDuration,
        Instant budgetResetAt,
        List<String> allowedModels,
        BigDecimal tempBudgetIncrease,
        Instant tempBudgetExpiry,
        @NotNull Instant createdAt,
        String createdBy,
        @NotNull Instant updatedAt,
        String updatedBy,
        @JsonInclude(Include.NON_NULL) List<LinkedEntityView> linkedEntities,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    static BudgetView of(Budget budget) {
        return of(budget, null);
    }

    static BudgetView of(Budget budget, List<LinkedEntityView> linkedEntities) {
        var limits = budget.limitsOrNone();
        return new BudgetView(
                budget.budgetId,
                NanoUsd.usdOrNull(limits.maxBudgetNano),
                NanoUsd.usdOrNull(limits.softBudgetNano),
                limits.maxParallelRequests,
                limits.tpmLimit,
                limits.rpmLimit,
                limits.budgetDuration,
                BudgetReset.at(limits, Instant.now()),
                List.of(),
                null,
                null,
                budget.createdAt,
                budget.createdBy,
                budget.updatedAt,
                budget.updatedBy,
                linkedEntities,
                limits.further().shownWith("tpd_limit", "model_max_budget"));
    }
}
