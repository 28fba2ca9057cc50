package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.OwnedKeys.Promised;
import java.math.BigDecimal;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** How much of a parent's budget is promised to its children, free, and used: US dollars of the parent's own period. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AllocationView(
        @Schema(description = "What there is to hand out; null where the parent has no cap")
        BigDecimal maxBudget,

        @Schema(description = "The period that all of these amounts are for; null for ever")
        String budgetDuration,

        @Schema(description = "The sum of the children's caps that are for ever or for the same period")
        BigDecimal allocated,

        @Schema(
                description =
                        "max_budget less allocated; below zero where more is promised than there is, null without a cap")
        BigDecimal free,

        @Schema(description = "What the parent has spent in its current period, whoever spent it")
        BigDecimal used,

        @Schema(description = "How many children there are") long children,

        @Schema(description = "How many of them the sum does not bound: without a cap, or with one for another period")
        long unboundedChildren) {

    static AllocationView of(LimitColumns parent, Promised promised, NanoUsd used) {
        var cap = parent.maxBudgetNano;
        return new AllocationView(
                NanoUsd.usdOrNull(cap),
                parent.budgetDuration,
                new NanoUsd(promised.nano()).toUsd(),
                NanoUsd.usdOrNull(cap == null ? null : cap - promised.nano()),
                used.toUsd(),
                promised.children(),
                promised.unbounded());
    }
}
