package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.List;

/** What a team can let its plain members do, each named by the route that stands for it. */
final class MemberPermissions {

    /** In the order in which clients show them. */
    static final List<String> ALL = List.of(
            "/key/generate",
            "/key/update",
            "/key/delete",
            "/key/info",
            "/key/health",
            "/key/regenerate",
            "/key/service-account/generate",
            "/key/{key_id}/regenerate",
            "/key/list",
            "/key/block",
            "/key/unblock",
            "/key/bulk_update",
            "/key/{key_id}/reset_spend",
            "/key/aliases",
            "/team/daily/activity",
            "/spend/logs");

    private MemberPermissions() {}

    /** The same list, empty for none; fails with INVALID_VALUE naming the first that does not exist. */
    static List<String> known(List<String> asked) {
        return known(ProblemCode.INVALID_VALUE, "team_member_permissions", asked);
    }

    /** As {@link #known(List)}, with the route's own status and name for the field. */
    static List<String> known(ProblemCode unknown, String field, List<String> asked) {
        for (var permission : asked == null ? List.<String>of() : asked) {
            if (!ALL.contains(permission)) {
                throw Problem.of(unknown)
                        .param(field)
                        .detail("'%s' is not a permission that a team can give its members", permission);
            }
        }
        return asked == null ? List.of() : List.copyOf(asked);
    }
}
