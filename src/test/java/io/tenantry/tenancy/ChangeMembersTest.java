package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Deleting;
import io.tenantry.testing.Given;
import io.tenantry.testing.Rows;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Members of teams and organizations as they change and leave. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ChangeMembersTest {

    private static ValidatableResponse update(String team, String user, Object... fields) {
        var request = body(fields);
        request.put("team_id", team);
        request.put("user_id", user);
        return Api.asMaster().post("/team/member_update", request).then();
    }

    private static ValidatableResponse remove(Api caller, String team, String user) {
        return caller.post("/team/member_delete", body("team_id", team, "user_id", user))
                .then();
    }

    @Test
    void aMembersOwnLimitsStartFromTheDefaultAndFallBackToIt() {
        var team = Given.team("team_member_budget", 3, "team_member_rpm_limit", 7);
        var user = Tenants.inTeam(team, "user").userId();

        update(team, user, "max_budget_in_team", 5)
                .statusCode(200)
                .body("user_id", equalTo(user))
                .body("team_id", equalTo(team))
                .body("max_budget_in_team", equalTo(5))
                .body("rpm_limit", equalTo(7));
        update(team, user, "max_budget_in_team", 0).statusCode(200).body("max_budget_in_team", equalTo(0));
        update(team, user, "budget_duration", "1d")
                .statusCode(200)
                .body("max_budget_in_team", equalTo(0))
                .body("budget_duration", equalTo("1d"));
        update(team, user, "max_budget_in_team", null)
                .statusCode(200)
                .body("max_budget_in_team", nullValue())
                .body("rpm_limit", equalTo(7));
        update(team, user, "rpm_limit", null, "budget_duration", null)
                .statusCode(200)
                .body("max_budget_in_team", equalTo(3))
                .body("rpm_limit", equalTo(7));
        assertThat(StoreAccess.queryOne("select 1 from budget where owner_id = ?", team + "/" + user))
                .isNull();
    }

    @Test
    void roleAndModelsChangeAndCountAtOnce() {
        var team = Given.team();
        var person = Tenants.inTeam(team, "user");
        var key = Given.key("team_id", team, "user_id", person.userId());

        update(team, person.userId(), "role", "admin", "allowed_models", List.of("gpt-4o"))
                .statusCode(200)
                .body("allowed_models", equalTo(List.of("gpt-4o")));
        assertThat(admitted(key, "gpt-4o")).isTrue();
        update(team, person.userId(), "allowed_models", List.of("other")).statusCode(200);
        assertThat(admitted(key, "gpt-4o")).isFalse();
        update(team, person.userId(), "allowed_models", null)
                .statusCode(200)
                .body("allowed_models", equalTo(List.of()));
        assertThat(admitted(key, "gpt-4o")).isTrue();
        assertThat(StoreAccess.queryOne(
                        "select role from team_membership where team_id = ? and user_id = ?", team, person.userId()))
                .isEqualTo("admin");
    }

    private static boolean admitted(String key, String model) {
        return Api.asMaster()
                .post("/v1/admissions", Admissions.request(key, "model", model))
                .jsonPath()
                .getBoolean("admitted");
    }

    @Test
    void aMembersOwnBudgetIsResetToTheDefault() {
        var team = Given.team("team_member_budget", 3);
        var user = Tenants.inTeam(team, "user").userId();
        update(team, user, "max_budget_in_team", 5).statusCode(200);

        Api.asMaster()
                .post("/team/" + team + "/member/" + user + "/reset_budget", body())
                .then()
                .statusCode(200)
                .body("user_id", equalTo(user))
                .body("budget_source", equalTo("team_default"));
        assertThat(StoreAccess.queryOne("select 1 from budget where owner_id = ?", team + "/" + user))
                .isNull();
    }

    @Test
    void aMemberReadsTheOwnMembership() {
        var team = Given.team("team_alias", "mine", "team_member_budget", 3);
        var person = Tenants.inTeam(team, "user");

        Api.as(person.key())
                .get("/team/" + team + "/members/me")
                .then()
                .statusCode(200)
                .body("user_id", equalTo(person.userId()))
                .body("role", equalTo("user"))
                .body("team_alias", equalTo("mine"))
                .body("litellm_budget_table.max_budget", equalTo(3));
        Api.as(Tenants.inTeam(Given.team(), "user").key())
                .get("/team/" + team + "/members/me")
                .then()
                .statusCode(404);
        Api.as(Tenants.keyOfTeam(team))
                .get("/team/" + team + "/members/me")
                .then()
                .statusCode(400);
    }

    @Test
    void whoLeavesATeamLosesTheKeysOfItAndNothingElse() {
        var team = Given.team("organization_id", Given.organization());
        var person = Tenants.inTeam(team, "user");
        var ofTeam = Given.key("team_id", team, "user_id", person.userId());
        var personal = Given.key("user_id", person.userId());
        var others = Given.key("team_id", team);
        update(team, person.userId(), "max_budget_in_team", 5).statusCode(200);
        assertThat(admitted(ofTeam, "gpt-4o")).isTrue();

        remove(Api.asMaster(), team, person.userId())
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("members_with_roles.user_id", not(hasItem(person.userId())));

        assertThat(admitted(ofTeam, "gpt-4o")).isFalse();
        Api.as(ofTeam).get("/key/info").then().statusCode(401);
        assertThat(admitted(personal, "gpt-4o")).isTrue();
        assertThat(admitted(others, "gpt-4o")).isTrue();
        assertThat(Rows.referringTo(team + "/" + person.userId())).isEmpty();
        assertThat(StoreAccess.queryOne(
                        "select action from audit_log where object_kind = 'team_member' and object_id = ? order by at desc limit 1",
                        team + "/" + person.userId()))
                .isEqualTo("deleted");
    }

    @Test
    void aMemberMayBeNamedByAddress() {
        var team = Given.team();
        var email = Given.unique("m") + "@Example.org";
        Api.asMaster()
                .create(
                        "/team/member_add",
                        body("team_id", team, "member", Map.of("role", "user", "user_email", email)));

        Api.asMaster()
                .post("/team/member_update", body("team_id", team, "user_email", email.toLowerCase(), "role", "admin"))
                .then()
                .statusCode(200)
                .body("user_email", equalTo(email));
        Api.asMaster()
                .post("/team/member_delete", body("team_id", team, "user_email", email))
                .then()
                .statusCode(200);
        Api.asMaster()
                .post("/team/member_delete", body("team_id", team, "user_email", email))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("user_email"))
                .body("error.message", containsString("not found"));
    }

    @Test
    void fiftyConcurrentAdditionsAndRemovalsEndInExactlyTheExpectedMembers() throws Exception {
        var team = Given.team("team_member_budget", 3);
        var staying =
                IntStream.range(0, 25).mapToObj(i -> "stay-" + i + "-" + team).toList();
        var leaving =
                IntStream.range(0, 25).mapToObj(i -> "leave-" + i + "-" + team).toList();
        Api.asMaster()
                .create(
                        "/team/bulk_member_add",
                        body(
                                "team_id",
                                team,
                                "max_budget_in_team",
                                1,
                                "members",
                                leaving.stream()
                                        .map(id -> Map.of("role", "user", "user_id", id))
                                        .toList()));
        var threads = Executors.newFixedThreadPool(50);
        try {
            var calls = new ArrayList<Future<Integer>>();
            for (int i = 0; i < 25; i++) {
                var stays = staying.get(i);
                var leaves = leaving.get(i);
                calls.add(threads.submit(() -> Api.asMaster()
                        .post(
                                "/team/member_add",
                                body(
                                        "team_id",
                                        team,
                                        "max_budget_in_team",
                                        2,
                                        "member",
                                        Map.of("role", "user", "user_id", stays)))
                        .statusCode()));
                calls.add(threads.submit(() -> Api.asMaster()
                        .post("/team/member_delete", body("team_id", team, "user_id", leaves))
                        .statusCode()));
            }
            for (var call : calls) {
                assertThat(call.get()).isEqualTo(200);
            }
        } finally {
            threads.shutdownNow();
        }

        var members = Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .jsonPath()
                .getList("team_info.members_with_roles.user_id", String.class);
        var expected = new ArrayList<>(staying);
        expected.add("default_user_id");
        assertThat(members).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(StoreAccess.queryOne(
                        "select count(*) from budget where owner_kind = 'team_member' and owner_id like ?",
                        team + "/%"))
                .isEqualTo("25");
    }

    @Test
    void teamAdminsChangeTheirMembersAndNobodyElses() {
        var team = Given.team();
        var user = Tenants.inTeam(team, "user");
        var admin = Api.as(Tenants.inTeam(team, "admin").key());
        var foreign = Api.as(Tenants.inTeam(Given.team(), "admin").key());
        var request = body("team_id", team, "user_id", user.userId(), "role", "user");

        admin.post("/team/member_update", request).then().statusCode(200);
        foreign.post("/team/member_update", request).then().statusCode(404);
        Api.as(user.key()).post("/team/member_update", request).then().statusCode(403);
        Api.asNobody().post("/team/member_update", request).then().statusCode(401);
        remove(Api.asNobody(), team, user.userId()).statusCode(401);
        remove(Api.as(user.key()), team, user.userId()).statusCode(403);
        remove(foreign, team, user.userId()).statusCode(404);
        remove(admin, team, Given.unique("stranger")).statusCode(404);
        remove(admin, team, user.userId()).statusCode(200);
        Api.asMaster().post("/team/member_delete", body("team_id", team)).then().statusCode(422);
        Api.asMaster().post("/team/member_update", body("team_id", team)).then().statusCode(422);
        update(team, Given.unique("stranger"), "role", "user").statusCode(404);
        update(team, "default_user_id", "max_budget_in_team", -1)
                .statusCode(400)
                .body("error.param", equalTo("max_budget_in_team"));
        update(team, "default_user_id", "role", "owner").statusCode(422);
        update(team, "default_user_id", "temp_budget_increase", 5).statusCode(422);
    }

    @Test
    void membersOfAnOrganizationChangeRoleAndBudget() {
        var organization = Given.organization();
        var user = Tenants.memberOf(organization, "internal_user").userId();

        organizationMember(Api.asMaster(), organization, user, "role", "org_admin", "max_budget_in_organization", 4)
                .statusCode(200)
                .body("user_role", equalTo("org_admin"))
                .body("litellm_budget_table.max_budget", equalTo(4));
        organizationMember(Api.asMaster(), organization, user, "max_budget_in_organization", 0)
                .statusCode(200)
                .body("user_role", equalTo("org_admin"))
                .body("litellm_budget_table.max_budget", equalTo(0));
        organizationMember(Api.asMaster(), organization, user, "max_budget_in_organization", null)
                .statusCode(200)
                .body("litellm_budget_table", nullValue());
        assertThat(StoreAccess.queryOne("select 1 from budget where owner_id = ?", organization + "/" + user))
                .isNull();
    }

    private static ValidatableResponse organizationMember(
            Api caller, String organization, String user, Object... fields) {
        var request = body(fields);
        request.put("organization_id", organization);
        request.put("user_id", user);
        return caller.patch("/organization/member_update", request).then();
    }

    @Test
    void whoLeavesAnOrganizationLosesTheKeysThatAreItsOwnAndKeepsThoseOfTeams() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = Tenants.memberOf(organization, "internal_user").userId();
        Api.asMaster()
                .create("/team/member_add", body("team_id", team, "member", Map.of("role", "user", "user_id", user)));
        var own = Given.key("organization_id", organization, "user_id", user);
        var ofTeam = Given.key("team_id", team, "user_id", user);
        organizationMember(Api.asMaster(), organization, user, "max_budget_in_organization", 4)
                .statusCode(200);

        Deleting.asMaster("/organization/member_delete", body("organization_id", organization, "user_id", user))
                .statusCode(200)
                .body("user_id", equalTo(user))
                .body("organization_id", equalTo(organization));
        assertThat(Rows.referringTo(organization + "/" + user)).isEmpty();
        assertThat(admitted(own, "gpt-4o")).isFalse();
        assertThat(admitted(ofTeam, "gpt-4o")).isTrue();
        Deleting.asMaster("/organization/member_delete", body("organization_id", organization, "user_id", user))
                .statusCode(404);
    }

    @Test
    void organizationAdminsChangeTheirMembersButNotProxyAdmins() {
        var organization = Given.organization();
        var admin = Tenants.adminOf(organization);
        var user = Tenants.memberOf(organization, "internal_user").userId();
        var above = Given.user("user_role", "proxy_admin");
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body("organization_id", organization, "member", Map.of("role", "org_admin", "user_id", above)));
        var request = body("organization_id", organization, "user_id", user);

        organizationMember(Api.as(admin.key()), organization, user, "role", "internal_user_viewer")
                .statusCode(200);
        organizationMember(Api.as(admin.key()), organization, above, "role", "internal_user")
                .statusCode(403);
        organizationMember(Api.as(Tenants.adminOf(Given.organization()).key()), organization, user, "role", "org_admin")
                .statusCode(404);
        organizationMember(Api.asMaster(), organization, Given.unique("u"), "role", "org_admin")
                .statusCode(404);
        organizationMember(Api.asMaster(), Given.unique("o"), user, "role", "org_admin")
                .statusCode(404);
        organizationMember(Api.asMaster(), organization, user, "role", "owner").statusCode(422);
        organizationMember(Api.asMaster(), organization, user, "max_budget_in_organization", -1)
                .statusCode(400);
        Deleting.as(null, "/organization/member_delete", request).statusCode(401);
        Deleting.as(Tenants.memberOf(organization, "internal_user").key(), "/organization/member_delete", request)
                .statusCode(403);
        Deleting.as(Tenants.adminOf(Given.organization()).key(), "/organization/member_delete", request)
                .statusCode(404);
        Deleting.as(admin.key(), "/organization/member_delete", request).statusCode(200);
        Deleting.asMaster("/organization/member_delete", body("organization_id", organization))
                .statusCode(422);
    }
}
