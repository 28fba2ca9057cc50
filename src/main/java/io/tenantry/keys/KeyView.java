package io.tenantry.keys;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetTableView;
import io.tenantry.tenancy.FoldedMetadata;
import io.tenantry.tenancy.ObjectPermission;
import io.tenantry.tenancy.ObjectPermissionView;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A key as clients read it: a map, because the same row is shown with more and with fewer columns in five places. Fields that we do not
 * have are there with what the API shows when they are not set.
 */
final class KeyView {

    private static final String[] NEVER_SET = {
        "agent_id", "project_id", "last_active", "rotation_interval", "key_rotation_at"
    };
    private static final String[] EMPTY_LISTS = {"allowed_cache_controls", "policies"};
    private static final String[] EMPTY_OBJECTS = {"config", "permissions", "model_spend", "router_settings"};

    private KeyView() {}

    /** All columns; the token is the secret's hash, which is no credential. */
    static Map<String, Object> row(ApiKey key, BudgetTerms budget, ObjectPermission permission, NanoUsd spend) {
        var row = new LinkedHashMap<String, Object>();
        row.put("token", key.secretHash);
        row.putAll(columns(key));
        row.put("spend", spend.toUsd());
        row.put("budget_reset_at", resetAt(windowOf(key, budget)));
        row.put("litellm_budget_table", BudgetTableView.of(budget));
        row.put("object_permission", ObjectPermissionView.of(permission));
        return row;
    }

    /** What an audit entry keeps: everything but the token and what is not the key's own. */
    static Map<String, Object> audited(ApiKey key) {
        return columns(key);
    }

    /** The same with the object permission, where there is one to tell of. */
    static Map<String, Object> audited(ApiKey key, ObjectPermission permission) {
        var columns = columns(key);
        if (permission != null) {
            columns.put("object_permission", ObjectPermissionView.of(permission));
        }
        return columns;
    }

    /** The period that the key's spend is counted in: its own, or that of the budget it is linked to. A cap brings its own period along. */
    static String periodOf(ApiKey key, BudgetTerms budget) {
        var own = key.limitsOrNone();
        boolean ownCap = own.maxBudgetNano != null || own.softBudgetNano != null;
        return own.budgetDuration != null || ownCap || budget == null
                ? own.budgetDuration
                : budget.limits().budgetDuration;
    }

    /** The window that this spend is counted in now. */
    static BudgetPeriod.Window windowOf(ApiKey key, BudgetTerms budget) {
        var own = key.limitsOrNone().further();
        var zone = (budget == null ? own : own.orElse(budget.limits().further())).timeZone();
        return BudgetPeriod.windowAt(periodOf(key, budget), Instant.now(), zone == null ? ZoneOffset.UTC : zone);
    }

    private static Map<String, Object> columns(ApiKey key) {
        var columns = new LinkedHashMap<String, Object>();
        columns.put("key_id", key.id());
        columns.put("key_name", key.keyName);
        columns.put("key_alias", key.keyAlias);
        columns.put("key_type", key.keyType);
        columns.put("user_id", key.userId);
        columns.put("team_id", key.teamId);
        columns.put("organization_id", key.organizationId);
        columns.put("budget_id", key.budgetId);
        columns.put("models", key.models);
        columns.put("access_group_ids", key.accessGroupIds);
        columns.put("aliases", key.aliases);
        putLimits(columns, key);
        columns.put("allowed_routes", key.allowedRoutes);
        columns.put("metadata", folded(key));
        columns.put("blocked", key.blocked);
        columns.put("expires", key.expiresAt);
        columns.put("rotation_count", key.rotationCount);
        columns.put("last_rotation_at", key.lastRotationAt);
        columns.put("object_permission_id", key.objectPermissionId);
        columns.put("created_at", key.createdAt);
        columns.put("created_by", key.createdBy);
        columns.put("updated_at", key.updatedAt);
        columns.put("updated_by", key.updatedBy);
        putUnset(columns);
        return columns;
    }

    private static void putLimits(Map<String, Object> columns, ApiKey key) {
        var limits = key.limitsOrNone();
        columns.put("max_budget", usd(limits.maxBudgetNano));
        columns.put("soft_budget", usd(limits.softBudgetNano));
        columns.put("budget_duration", limits.budgetDuration);
        columns.put("temp_budget_increase", usd(key.tempBudgetIncreaseNano));
        columns.put("temp_budget_expiry", key.tempBudgetExpiresAt);
        columns.put("tpm_limit", limits.tpmLimit);
        columns.put("rpm_limit", limits.rpmLimit);
        columns.put("max_parallel_requests", limits.maxParallelRequests);
        columns.put("budget_limits", List.of());
        columns.put("model_max_budget", Map.of());
        columns.put("rpm_limit_type", null);
        columns.put("tpm_limit_type", null);
        columns.putAll(limits.further().shown());
    }

    private static void putUnset(Map<String, Object> columns) {
        for (var name : NEVER_SET) {
            columns.put(name, null);
        }
        for (var name : EMPTY_LISTS) {
            columns.put(name, List.of());
        }
        for (var name : EMPTY_OBJECTS) {
            columns.put(name, Map.of());
        }
        columns.put("soft_budget_cooldown", false);
        columns.put("auto_rotate", false);
    }

    private static Map<String, Object> folded(ApiKey key) {
        return new FoldedMetadata(key.metadata, key.modelRpmLimit, key.modelTpmLimit, key.tags, key.guardrails)
                .shown(null);
    }

    private static BigDecimal usd(Long nanos) {
        return NanoUsd.usdOrNull(nanos);
    }

    private static Instant resetAt(BudgetPeriod.Window window) {
        return window.equals(BudgetPeriod.LIFETIME) ? null : window.end();
    }
}
