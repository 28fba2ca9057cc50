package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Deleting;
import io.tenantry.testing.Given;
import io.tenantry.testing.Rows;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Teams and organizations are deleted with everything that is theirs, and nothing else. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class DeleteWholeTest {

    private static String fullTeam(String organization) {
        var team = Given.team(
                "organization_id",
                organization,
                "team_member_budget",
                2,
                "object_permission",
                Map.of("agents", List.of("a")));
        Api.asMaster()
                .create(
                        "/team/member_add",
                        body(
                                "team_id",
                                team,
                                "max_budget_in_team",
                                1,
                                "member",
                                Map.of("role", "user", "user_id", Given.unique("member"))));
        return team;
    }

    private static String keyOf(String team) {
        return Given.key("team_id", team, "object_permission", Map.of("agents", List.of("a")));
    }

    private static void settle(String key) {
        var admission = Api.asMaster().create("/v1/admissions", Admissions.request(key));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        body("input_tokens", 10, "output_tokens", 10));
    }

    private static void requireRefused(String key) {
        Api.asMaster()
                .post("/v1/admissions", Admissions.request(key))
                .then()
                .statusCode(200)
                .body("admitted", equalTo(false))
                .body("refusal.status", equalTo(401));
        Api.as(key).get("/key/info").then().statusCode(401);
    }

    @Test
    void noRowRefersToADeletedTeamAndItsKeysAreRefusedAtOnce() {
        var organization = Given.organization();
        var team = fullTeam(organization);
        var key = keyOf(team);
        settle(key);
        assertThat(Rows.referringTo(team))
                .contains("team.team_id", "team_membership.team_id", "api_key.team_id", "budget.owner_id");
        var permissions = permissionCount();

        Api.asMaster()
                .post("/team/delete", body("team_ids", List.of(team, team)))
                .then()
                .statusCode(200)
                .body("deleted_teams", equalTo(List.of(team)));

        assertThat(Rows.referringTo(team)).isEmpty();
        assertThat(permissionCount()).isEqualTo(permissions - 2);
        requireRefused(key);
        assertThat(StoreAccess.queryOne("select sum(requests) from daily_usage where team_id = ?", team))
                .isEqualTo("1");
        assertThat(StoreAccess.queryOne(
                        "select string_agg(object_kind, ' ' order by object_kind) from audit_log where action = 'deleted' and before_value ->> 'team_id' = ?",
                        team))
                .isEqualTo("key team");
        assertThat(Api.asMaster().create("/team/new", body("team_id", team)).getString("team_id"))
                .isEqualTo(team);
    }

    private static int permissionCount() {
        return Integer.parseInt(StoreAccess.queryOne("select count(*) from object_permission"));
    }

    @Test
    void noRowRefersToADeletedOrganizationAndItsKeysAreRefusedAtOnce() {
        var organization = Given.organization("max_budget", 50, "object_permission", Map.of("agents", List.of("a")));
        var team = fullTeam(organization);
        var keyOfTeam = keyOf(team);
        var own = Given.key("organization_id", organization);
        var member = Given.user();
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "max_budget_in_organization",
                                1,
                                "member",
                                Map.of("role", "org_admin", "user_id", member)));
        settle(keyOfTeam);
        settle(own);
        var bystander = Given.key("team_id", Given.team("organization_id", Given.organization()));

        Deleting.asMaster("/organization/delete", body("organization_ids", List.of(organization)))
                .statusCode(200)
                .body("[0].organization_id", equalTo(organization))
                .body("[0].litellm_budget_table.max_budget", equalTo(50))
                .body("[0].teams", equalTo(List.of()))
                .body("[0].members", equalTo(List.of()));

        assertThat(Rows.referringTo(organization)).isEmpty();
        assertThat(Rows.referringTo(team)).isEmpty();
        requireRefused(keyOfTeam);
        requireRefused(own);
        Api.asMaster()
                .post("/v1/admissions", Admissions.request(bystander))
                .then()
                .body("admitted", equalTo(true));
        assertThat(StoreAccess.queryOne("select user_id from app_user where user_id = ?", member))
                .isEqualTo(member);
        assertThat(StoreAccess.queryOne(
                        "select sum(requests) from daily_usage where organization_id = ?", organization))
                .isEqualTo("2");
        assertThat(Api.asMaster()
                        .create(
                                "/organization/new",
                                body("organization_id", organization, "organization_alias", "again"))
                        .getString("organization_id"))
                .isEqualTo(organization);
    }

    @Test
    void theTrailKeepsWhoBelongedToADeletedOrganization() {
        var organization = Given.organization();
        var admin = Tenants.adminOf(organization).userId();
        var member = Tenants.memberOf(organization, "internal_user").userId();

        Deleting.asMaster("/organization/delete", body("organization_ids", List.of(organization)))
                .statusCode(200)
                .body("[0].members", equalTo(List.of()));

        Api.asMaster()
                .get("/audit", Map.of("object_id", organization, "action", "deleted"))
                .then()
                .body("audit_logs[0].before_value.members.user_id", equalTo(List.of(admin, member)))
                .body("audit_logs[0].before_value.members.user_role", equalTo(List.of("org_admin", "internal_user")));
    }

    @Test
    void allThatAreNamedGoOrNone() {
        var team = Given.team();
        Api.asMaster()
                .post("/team/delete", body("team_ids", List.of(team, "team-of-nobody")))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("team_ids"))
                .body("error.message", containsString("not found"));
        assertThat(StoreAccess.queryOne("select 1 from team where team_id = ?", team))
                .isNotNull();

        var organization = Given.organization();
        Deleting.asMaster("/organization/delete", body("organization_ids", List.of(organization, "nobodys")))
                .statusCode(404);
        assertThat(StoreAccess.queryOne("select 1 from organization where organization_id = ?", organization))
                .isNotNull();
    }

    @Test
    void adminsOfTheOrganizationDeleteItsTeamsAndProxyAdminsOrganizations() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var admin = Tenants.adminOf(organization).key();
        var request = body("team_ids", List.of(team));

        Api.asNobody().post("/team/delete", request).then().statusCode(401);
        Api.as(Tenants.inTeam(team, "admin").key())
                .post("/team/delete", request)
                .then()
                .statusCode(403);
        Api.as(Tenants.adminOf(Given.organization()).key())
                .post("/team/delete", request)
                .then()
                .statusCode(404);
        Api.as(admin).post("/team/delete", request).then().statusCode(200);
        Deleting.as(admin, "/organization/delete", body("organization_ids", List.of(organization)))
                .statusCode(403);
        Deleting.as(null, "/organization/delete", body("organization_ids", List.of(organization)))
                .statusCode(401);
        Deleting.asMaster("/organization/delete", body("organization_ids", List.of()))
                .statusCode(422);
        Api.asMaster().post("/team/delete", body()).then().statusCode(422);
    }

    @Test
    void aSharedBudgetOutlivesTheOrganizationThatUsedIt() {
        var shared = Given.unique("budget");
        StoreAccess.execute("insert into budget (budget_id, created_by, updated_by) values (?, 't', 't')", shared);
        var organization = Given.organization("budget_id", shared);

        Deleting.asMaster("/organization/delete", body("organization_ids", List.of(organization)))
                .statusCode(200);
        assertThat(StoreAccess.queryOne("select budget_id from budget where budget_id = ?", shared))
                .isEqualTo(shared);
    }
}
