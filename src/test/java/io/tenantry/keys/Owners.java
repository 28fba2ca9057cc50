package io.tenantry.keys;

import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import java.util.List;
import java.util.Map;

/** People and teams in the roles that matter for keys. */
final class Owners {

    private Owners() {}

    static String organization(String... models) {
        return Given.organization("models", List.of(models));
    }

    /** @param organizationId null for a team of its own */
    static String team(String organizationId) {
        return Given.team("organization_id", organizationId);
    }

    static String user(String role) {
        return Given.user("user_role", role);
    }

    static String user() {
        return user("internal_user");
    }

    /** A new user's personal key. */
    static String keyOfNewUser() {
        return Given.key("user_id", user());
    }

    static String keyOfTeamMember(String teamId, String role) {
        var user = user();
        join(teamId, user, role);
        return Given.key("user_id", user);
    }

    static void join(String teamId, String userId, String role) {
        var member = Map.of("role", role, "user_id", userId);
        Api.asMaster().create("/team/member_add", Map.of("team_id", teamId, "member", member));
    }

    static String keyOfOrganizationAdmin(String organizationId) {
        var user = user();
        var member = Map.of("role", "org_admin", "user_id", user);
        Api.asMaster().create("/organization/member_add", Map.of("organization_id", organizationId, "member", member));
        return Given.key("user_id", user);
    }

    /** A shared budget, written into its table: budgets have no route yet. */
    static String budget(long maxBudgetNano) {
        var id = Given.unique("budget");
        StoreAccess.execute(
                "insert into budget (budget_id, max_budget_nano, budget_duration, created_by, updated_by) values (?, ?, '1d', 't', 't')",
                id,
                maxBudgetNano);
        return id;
    }
}
