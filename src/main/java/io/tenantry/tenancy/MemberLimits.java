package io.tenantry.tenancy;

import io.tenantry.core.BudgetPeriod;
import java.math.BigDecimal;

/** What one member may spend, as requests state it. */
final class MemberLimits {

    private MemberLimits() {}

    /** Fails naming the field, which differs from route to route. */
    static LimitColumns of(String budgetField, BigDecimal maxBudget, String durationField, String duration) {
        LimitColumns.requireMoney(budgetField, maxBudget);
        requireDuration(durationField, duration);
        return LimitColumns.of(maxBudget, null, duration, null, null, null);
    }

    static void requireDuration(String field, String duration) {
        if (duration != null) {
            BudgetPeriod.parse(duration, field);
        }
    }

    /** The same limits in windows of another length. */
    static LimitColumns withDuration(LimitColumns limits, String duration) {
        var copy = limits.copy();
        copy.budgetDuration = duration;
        return copy;
    }
}
