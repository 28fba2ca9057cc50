package io.tenantry.tenancy;

import io.tenantry.core.BudgetPeriod;

/** What one member may spend and use, as requests state it: everything that a budget can say, under the route's own name for the cap. */
final class MemberLimits {

    private MemberLimits() {}

    /** The same patch; fails naming the first field that is no limit, the cap by the name that the route has for it. */
    static LimitPatch checked(String budgetField, LimitPatch patch) {
        LimitColumns.requireMoney(budgetField, patch.maxBudget().orNull());
        requireDuration("budget_duration", patch.budgetDuration().orNull());
        patch.over(new LimitColumns());
        return patch;
    }

    static void requireDuration(String field, String duration) {
        if (duration != null) {
            BudgetPeriod.parse(duration, field);
        }
    }
}
