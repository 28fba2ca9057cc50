package io.tenantry.keys;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.Allocation;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.LimitColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.Comparator;
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

    /** Claims what {@link #require} will lock for keys of these owners; before their parents are held. */
    Uni<Void> claim(Collection<KeyOwner> owners) {
        var parents = owners.stream()
                .map(owner -> new Parent(owner.teamId(), owner.teamId() == null ? owner.organizationId() : null))
                .distinct()
                .sorted(Comparator.comparing(Parent::toString))
                .toList();
        return Multi.createFrom()
                .iterable(parents)
                .onItem()
                .transformToUniAndConcatenate(
                        parent -> allocation.claimForKey(parent.teamId(), parent.organizationId()))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private record Parent(String teamId, String organizationId) {}

    /** As {@link #require} for many keys that were changed together. */
    Uni<Void> requireAll(List<ApiKey> keys) {
        return Multi.createFrom()
                .iterable(keys)
                .onItem()
                .transformToUniAndConcatenate(this::require)
                .collect()
                .last()
                .replaceWithVoid();
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
