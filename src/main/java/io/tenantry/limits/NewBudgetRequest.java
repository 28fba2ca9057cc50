package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Ids;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.UnsupportedFields;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** A budget to be shared by its id. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewBudgetRequest(
        String budgetId,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Instant budgetResetAt,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        @JsonAnySetter Map<String, Object> others) {

    /** Fails naming the first field that cannot be honoured. */
    Budget toBudget(String actor) {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_BUDGETS);
        var budget = new Budget();
        budget.budgetId = Ids.chosenOrRandom(budgetId, "budget_id");
        budget.limits = LimitColumns.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests)
                .withFurther(others);
        budget.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        BudgetReset.require(budgetResetAt, budget.limits, budget.createdAt);
        budget.updatedAt = budget.createdAt;
        budget.createdBy = actor;
        budget.updatedBy = actor;
        return budget;
    }
}
