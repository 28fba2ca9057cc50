package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Fields of the API that nothing here would enforce. Taking one and doing nothing would be a promise broken in silence. */
public final class UnsupportedFields {

    private static final Set<String> EVERYWHERE = Set.of(
            "temp_budget_increase",
            "temp_budget_expiry",
            "mcp_rpm_limit",
            "tag_rpm_limit",
            "rpm_limit_type",
            "tpm_limit_type",
            "enforced_params",
            "default_estimated_output_tokens",
            "default_estimated_output_tokens_per_model",
            "throttle_on_budget_exceeded");

    public static final Set<String> OF_BUDGETS = plus("allowed_models");

    public static final Set<String> OF_CUSTOMERS = plus("allowed_models", "spend");

    /** Models of a tag choose deployments, which are the proxy's. */
    public static final Set<String> OF_TAGS = plus("allowed_models", "spend", "models");

    static final Set<String> OF_ORGANIZATIONS =
            plus("allowed_models", "model_aliases", "guardrails", "router_settings");

    static final Set<String> OF_TEAMS = without(
            plus(
                    "admins",
                    "members",
                    "router_settings",
                    "policies",
                    "prompts",
                    "disable_global_guardrails",
                    "allow_team_guardrail_config",
                    "secret_manager_settings",
                    "allowed_passthrough_routes",
                    "denied_passthrough_routes",
                    "team_member_key_duration",
                    "logging",
                    "allowed_vector_store_indexes",
                    "enforced_batch_output_expires_after",
                    "enforced_file_expires_after",
                    "enable_prompt_caching",
                    "end_user_budget_id"),
            LimitModes.THROUGHPUT);

    /** Of members. Their rates are their own, no part of what a team guarantees. */
    static final Set<String> OF_MEMBERS = plus("spend", "budget_id", "blocked", "guardrails", "tags");

    static final Set<String> OF_ORGANIZATION_MEMBERS = and(OF_MEMBERS, "allowed_models", "models");

    /** Members have routes of their own, and what was spent is what was booked. */
    static final Set<String> OF_TEAM_UPDATES = and(OF_TEAMS, "members_with_roles", "spend");

    static final Set<String> OF_ORGANIZATION_UPDATES = and(OF_ORGANIZATIONS, "spend");

    static final Set<String> OF_USERS = plus(
            "spend",
            "agent_id",
            "project_id",
            "allowed_cache_controls",
            "allowed_routes",
            "config",
            "permissions",
            "policies",
            "prompts",
            "router_settings",
            "access_group_ids",
            "allowed_passthrough_routes",
            "allowed_vector_store_indexes",
            "budget_id",
            "auto_rotate",
            "rotation_interval",
            "send_invite_email",
            "password");

    private static final Set<String> RATES_BY_MODEL = Set.of("model_rpm_limit", "model_tpm_limit");

    /** What a user starts with and is changed elsewhere: memberships by their own calls, keys by theirs. */
    static final Set<String> OF_USER_UPDATES = and(
            OF_USERS,
            "aliases",
            "model_rpm_limit",
            "model_tpm_limit",
            "guardrails",
            "tags",
            "teams",
            "team_id",
            "organizations",
            "organization_id",
            "key_alias",
            "duration",
            "auto_create_key");

    /** The owner has a list of models of its own. */
    static final Set<String> OF_OBJECT_PERMISSIONS = Set.of("models");

    private UnsupportedFields() {}

    /** Fails with NOT_ENFORCED naming the first of these fields that asks for something. Null, false, zero and empty ask for nothing. */
    public static void refuse(Map<String, Object> unknown, Set<String> refused) {
        refuse("", unknown, refused);
    }

    /** Limits that clients may also write into free-form metadata, where they would look set. */
    static void refuseInMetadata(Map<String, Object> metadata) {
        refuse("metadata.", metadata, EVERYWHERE);
        refuse("metadata.", metadata, FurtherLimits.FIELDS);
    }

    /** A user has no rates by model: those of keys, teams and organizations count. */
    static void refuseRatesInMetadata(Map<String, Object> metadata) {
        refuse("metadata.", metadata, RATES_BY_MODEL);
    }

    static void refuse(String path, Map<String, Object> unknown, Set<String> refused) {
        if (unknown == null) {
            return;
        }
        unknown.entrySet().stream()
                .filter(field -> refused.contains(field.getKey()) && asksForSomething(field.getKey(), field.getValue()))
                .map(field -> path + field.getKey())
                .sorted()
                .findFirst()
                .ifPresent(UnsupportedFields::refuse);
    }

    private static void refuse(String field) {
        throw Problem.of(ProblemCode.NOT_ENFORCED)
                .param(field)
                .detail("%s is not supported yet: it would be stored and not enforced, so it is refused", field);
    }

    private static boolean asksForSomething(String field, Object value) {
        if (value instanceof Collection<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> object) {
            return !object.isEmpty();
        }
        if (value instanceof Number number && field.equals("spend")) {
            return number.doubleValue() != 0;
        }
        return value != null && !Boolean.FALSE.equals(value) && !"".equals(value);
    }

    /** In an update zero asks for something: that what was spent be forgotten. */
    public static void refuseSpend(Map<String, Object> others) {
        if (others != null && others.get("spend") != null) {
            refuse("spend");
        }
    }

    private static Set<String> plus(String... more) {
        return and(EVERYWHERE, more);
    }

    private static Set<String> without(Set<String> some, Set<String> less) {
        var rest = new HashSet<>(some);
        rest.removeAll(less);
        return Set.copyOf(rest);
    }

    private static Set<String> and(Set<String> some, String... more) {
        var all = new HashSet<>(some);
        all.addAll(Set.of(more));
        return Set.copyOf(all);
    }
}
