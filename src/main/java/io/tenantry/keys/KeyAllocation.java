package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.Allocation;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.LimitColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Holds keys within what their team or organization has left to hand out, where it hands out its budget exactly. */
@ApplicationScoped
class KeyAllocation {

    private final Allocation allocation;
    private final BudgetDirectory budgets;

    KeyAllocation(Allocation allocation, BudgetDirectory budgets) {
        this.allocation = allocation;
        this.budgets = budgets;
    }

    /**
     * Fails with PARENT_LIMIT_EXCEEDED where the key, as it shall be, would not fit. In the transaction that makes or changes it, and before its
     * row is locked.
     */
    Uni<Void> require(ApiKey key) {
        return limits(key)
                .flatMap(limits -> allocation.requireRoomForKey(key.teamId, key.ownOrganizationId, key.id(), limits));
    }

    /** A linked budget stands in for the cap that the key leaves open. */
    private Uni<LimitColumns> limits(ApiKey key) {
        var own = key.limitsOrNone();
        return key.budgetId == null || own.maxBudgetNano != null
                ? Uni.createFrom().item(own)
                : budgets.byIds(List.of(key.budgetId))
                        .map(found -> found.containsKey(key.budgetId)
                                ? found.get(key.budgetId).limits()
                                : own);
    }
}
