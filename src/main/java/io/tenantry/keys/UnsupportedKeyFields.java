package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.FurtherLimits;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** Fields of {@code /key/generate} that nothing here would enforce. Taking one and doing nothing would be a promise broken in silence. */
final class UnsupportedKeyFields {

    private static final Set<String> ANYWHERE = Set.of(
            "mcp_rpm_limit",
            "budget_fallbacks",
            "allowed_passthrough_routes",
            "allowed_vector_store_indexes",
            "policies",
            "prompts",
            "enforced_params",
            "enforced_batch_output_expires_after",
            "enforced_file_expires_after",
            "temp_budget_increase",
            "temp_budget_expiry");

    private static final Set<String> AT_THE_TOP = Set.of(
            "spend",
            "agent_id",
            "project_id",
            "allowed_cache_controls",
            "auto_rotate",
            "rotation_interval",
            "router_settings",
            "send_invite_email",
            "permissions",
            "config");

    private UnsupportedKeyFields() {}

    /** Fails with NOT_ENFORCED naming the first that asks for something. Null, false, zero and empty ask for nothing. */
    static void refuse(Map<String, Object> fields) {
        refuse("", fields, ANYWHERE);
        refuse("", fields, AT_THE_TOP);
    }

    /** Clients may also write some of them into the metadata, where they would look set. */
    static void refuseInMetadata(Map<String, Object> metadata) {
        refuse("metadata.", metadata, ANYWHERE);
        refuse("metadata.", metadata, FurtherLimits.FIELDS);
    }

    private static void refuse(String path, Map<String, Object> fields, Set<String> refused) {
        if (fields == null) {
            return;
        }
        fields.entrySet().stream()
                .filter(field -> refused.contains(field.getKey()) && asksForSomething(field.getValue()))
                .map(field -> path + field.getKey())
                .min(String::compareTo)
                .ifPresent(UnsupportedKeyFields::refuse);
    }

    private static void refuse(String field) {
        throw Problem.of(ProblemCode.NOT_ENFORCED)
                .param(field)
                .detail("%s is not supported yet: it would be stored and not enforced, so it is refused", field);
    }

    private static boolean asksForSomething(Object value) {
        if (value instanceof Collection<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> object) {
            return !object.isEmpty();
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        return value != null && !Boolean.FALSE.equals(value) && !"".equals(value);
    }
}
