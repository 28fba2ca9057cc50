package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.ObjectPermission;
import io.tenantry.tenancy.SpendLookup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Completes keys with what their views show and other tables hold: one statement per table, however many keys. */
@ApplicationScoped
class KeyRows {

    private final BudgetDirectory budgets;
    private final SpendLookup spend;

    KeyRows(BudgetDirectory budgets, SpendLookup spend) {
        this.budgets = budgets;
        this.spend = spend;
    }

    private record Gathered(
            List<ApiKey> keys,
            Map<String, BudgetTerms> budgets,
            Map<String, ObjectPermission> permissions,
            Map<String, NanoUsd> spend) {

        static Gathered of(List<ApiKey> keys) {
            return new Gathered(keys, Map.of(), Map.of(), Map.of());
        }

        Gathered withBudgets(Map<String, BudgetTerms> found) {
            return new Gathered(keys, found, permissions, spend);
        }

        Gathered withPermissions(Map<String, ObjectPermission> found) {
            return new Gathered(keys, budgets, found, spend);
        }

        Gathered withSpend(Map<String, NanoUsd> found) {
            return new Gathered(keys, budgets, permissions, found);
        }

        BudgetTerms budgetOf(ApiKey key) {
            return key.budgetId == null ? null : budgets.get(key.budgetId);
        }

        List<SpendLookup.Scope> scopes() {
            return keys.stream()
                    .map(key -> new SpendLookup.Scope(key.id(), KeyView.windowOf(key, budgetOf(key))))
                    .toList();
        }

        List<Map<String, Object>> rows() {
            return keys.stream().map(this::row).toList();
        }

        private Map<String, Object> row(ApiKey key) {
            var permission = key.objectPermissionId == null ? null : permissions.get(key.objectPermissionId);
            return KeyView.row(key, budgetOf(key), permission, spend.getOrDefault(key.id(), NanoUsd.ZERO));
        }
    }

    /** The keys' rows, in the same order. Needs a session. */
    Uni<List<Map<String, Object>>> of(List<ApiKey> keys) {
        return Uni.createFrom()
                .item(Gathered.of(keys))
                .flatMap(this::addBudgets)
                .flatMap(KeyRows::addPermissions)
                .flatMap(this::addSpend)
                .map(Gathered::rows);
    }

    Uni<Map<String, Object>> of(ApiKey key) {
        return of(List.of(key)).map(rows -> rows.get(0));
    }

    private Uni<Gathered> addBudgets(Gathered gathered) {
        var ids = gathered.keys().stream()
                .map(key -> key.budgetId)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        return budgets.byIds(ids).map(gathered::withBudgets);
    }

    private static Uni<Gathered> addPermissions(Gathered gathered) {
        var ids = gathered.keys().stream()
                .map(key -> key.objectPermissionId)
                .filter(Objects::nonNull)
                .toList();
        return ids.isEmpty()
                ? Uni.createFrom().item(gathered)
                : ObjectPermission.<ObjectPermission>list("objectPermissionId in ?1", ids)
                        .map(KeyRows::byId)
                        .map(gathered::withPermissions);
    }

    private static Map<String, ObjectPermission> byId(List<ObjectPermission> permissions) {
        return permissions.stream()
                .collect(Collectors.toMap(permission -> permission.objectPermissionId, permission -> permission));
    }

    private Uni<Gathered> addSpend(Gathered gathered) {
        return gathered.keys().isEmpty()
                ? Uni.createFrom().item(gathered)
                : spend.current(ResourceKind.KEY, gathered.scopes()).map(gathered::withSpend);
    }
}
