package io.tenantry.limits;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.LimitPatch;
import io.tenantry.tenancy.UnsupportedFields;
import jakarta.validation.constraints.NotBlank;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;

/** What is to change in a budget: absent stays, null is no limit. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateBudgetRequest(
        @NotBlank String budgetId,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Instant> budgetResetAt,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        @JsonAnySetter Map<String, Object> others) {

    void requireSupported() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_BUDGETS);
    }

    /** The limits afterwards; fails naming the first field that cannot be honoured. */
    LimitColumns over(LimitColumns current) {
        var limits = new LimitPatch(
                        maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others)
                .over(current);
        BudgetReset.require(budgetResetAt.orNull(), limits, Instant.now());
        return limits;
    }
}
