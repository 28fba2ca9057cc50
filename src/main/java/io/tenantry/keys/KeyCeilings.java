package io.tenantry.keys;

import io.tenantry.identity.Scope;
import io.tenantry.tenancy.LimitColumns;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a key's team, organization and user leave to it. Only what is asked for is compared, so that a lowered parent blocks no other change. */
final class KeyCeilings {

    private KeyCeilings() {}

    /** Of a new key: everything is asked for. */
    static void require(Scope scope, ApiKey key, KeyParents parents) {
        require(scope, new ApiKey().terms(), key, parents, true);
    }

    /** Of a changed key: what differs from before, and everything when it has moved. */
    static void require(Scope scope, ApiKey before, ApiKey key, KeyParents parents) {
        boolean moved = !Objects.equals(before.userId, key.userId)
                || !Objects.equals(before.teamId, key.teamId)
                || !Objects.equals(before.organizationId, key.organizationId);
        require(scope, before, key, parents, moved);
    }

    private static void require(Scope scope, ApiKey before, ApiKey key, KeyParents parents, boolean all) {
        var models = all || !before.models.equals(key.models) ? key.models : List.<String>of();
        var targets = all || !before.aliases.equals(key.aliases) ? targets(key.aliases) : List.<String>of();
        var limits = asked(before, key, parents, all);
        for (var parent : parents(scope, parents)) {
            parent.requireAtLeast(models, limits);
            parent.requireTargets(targets);
        }
    }

    private static List<KeyParent> parents(Scope scope, KeyParents parents) {
        var ceilings = new ArrayList<KeyParent>(3);
        ceilings.add(parents.team());
        ceilings.add(parents.organization());
        // A proxy admin may prepare a key for more than its user has today; the user's limits hold it down until then.
        if (!scope.boundary().everything() && parents.asked().isPersonal()) {
            ceilings.add(parents.user());
        }
        ceilings.removeIf(Objects::isNull);
        return ceilings;
    }

    private static List<String> targets(Map<String, Object> aliases) {
        return aliases.values().stream().map(String::valueOf).toList();
    }

    private static LimitColumns asked(ApiKey before, ApiKey key, KeyParents parents, boolean all) {
        var was = before.limitsOrNone();
        var now = key.limitsOrNone();
        boolean linked = all || !Objects.equals(before.budgetId, key.budgetId);
        var effective = withBudget(now, parents.budget());
        var asked = new LimitColumns();
        if (linked
                || !Objects.equals(was.maxBudgetNano, now.maxBudgetNano)
                || !Objects.equals(before.tempBudgetIncreaseNano, key.tempBudgetIncreaseNano)
                || !Objects.equals(before.tempBudgetExpiresAt, key.tempBudgetExpiresAt)) {
            asked.maxBudgetNano = effective.maxBudgetNano == null
                    ? null
                    : Long.valueOf(effective.maxBudgetNano + key.temporaryIncrease(Instant.now()));
        }
        asked.tpmLimit = linked || !Objects.equals(was.tpmLimit, now.tpmLimit) ? effective.tpmLimit : null;
        asked.rpmLimit = linked || !Objects.equals(was.rpmLimit, now.rpmLimit) ? effective.rpmLimit : null;
        asked.maxParallelRequests = linked || !Objects.equals(was.maxParallelRequests, now.maxParallelRequests)
                ? effective.maxParallelRequests
                : null;
        return asked;
    }

    /** A linked budget stands in for what the key leaves open. */
    static LimitColumns withBudget(LimitColumns own, LimitColumns budget) {
        if (budget == null) {
            return own;
        }
        var limits = new LimitColumns();
        limits.maxBudgetNano = own.maxBudgetNano == null ? budget.maxBudgetNano : own.maxBudgetNano;
        limits.tpmLimit = own.tpmLimit == null ? budget.tpmLimit : own.tpmLimit;
        limits.rpmLimit = own.rpmLimit == null ? budget.rpmLimit : own.rpmLimit;
        limits.maxParallelRequests =
                own.maxParallelRequests == null ? budget.maxParallelRequests : own.maxParallelRequests;
        return limits;
    }
}
