package io.tenantry.keys;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.Rates;
import io.tenantry.tenancy.Throughput;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.List;

/** Holds keys whose throughput is guaranteed within what their team or organization has left. */
@ApplicationScoped
class KeyThroughput {

    private final Throughput throughput;
    private final BudgetDirectory budgets;

    KeyThroughput(Throughput throughput, BudgetDirectory budgets) {
        this.throughput = throughput;
        this.budgets = budgets;
    }

    /** As {@link #require} for many keys that were changed together; their parents one after the other, in one order. */
    Uni<Void> requireAll(List<ApiKey> keys) {
        return Multi.createFrom()
                .iterable(keys.stream()
                        .filter(KeyThroughput::isGuaranteed)
                        .sorted(Comparator.comparing(key -> key.teamId + "/" + key.ownOrganizationId))
                        .toList())
                .onItem()
                .transformToUniAndConcatenate(this::require)
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** Fails with PARENT_LIMIT_EXCEEDED where the key, as it shall be, is guaranteed more than is left. In the transaction that makes or changes it. */
    Uni<Void> require(ApiKey key) {
        return isGuaranteed(key)
                ? limits(key)
                        .flatMap(linked ->
                                throughput.requireRoomForKey(key.teamId, key.organizationId, child(key, linked)))
                : Uni.createFrom().voidItem();
    }

    private static boolean isGuaranteed(ApiKey key) {
        return key.limitsOrNone().further().modes().isGuaranteed();
    }

    private static Throughput.Child child(ApiKey key, LimitColumns linked) {
        var own = key.limitsOrNone();
        var rates = new Rates(
                own.tpmLimit != null ? own.tpmLimit : linked.tpmLimit,
                own.rpmLimit != null ? own.rpmLimit : linked.rpmLimit,
                key.modelTpmLimit,
                key.modelRpmLimit);
        return new Throughput.Child("the key", key.id(), own.further().modes(), rates);
    }

    /** The linked budget stands in for what the key leaves open. */
    private Uni<LimitColumns> limits(ApiKey key) {
        return key.budgetId == null
                ? Uni.createFrom().item(new LimitColumns())
                : budgets.byIds(List.of(key.budgetId))
                        .map(found -> found.containsKey(key.budgetId)
                                ? found.get(key.budgetId).limits()
                                : new LimitColumns());
    }
}
