package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UpdateTeamTest {

    private static ValidatableResponse update(Api caller, String team, Object... fields) {
        var request = body(fields);
        request.put("team_id", team);
        return caller.post("/team/update", request).then();
    }

    private static ValidatableResponse update(String team, Object... fields) {
        return update(Api.asMaster(), team, fields);
    }

    private static Object read(String team, String path) {
        return Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .jsonPath()
                .get("team_info." + path);
    }

    @Test
    void zeroAllowsNothingAndNullAllowsAgain() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        assertThat(admitted(key)).isTrue();

        update(team, "rpm_limit", 0).statusCode(200);
        assertThat(admitted(key)).isFalse();
        update(team, "rpm_limit", null).statusCode(200);
        assertThat(admitted(key)).isTrue();
    }

    private static boolean admitted(String key) {
        return Api.asMaster()
                .post("/v1/admissions", Admissions.request(key))
                .jsonPath()
                .getBoolean("admitted");
    }

    @Test
    void theAnswersAreThoseThatClientsParse() {
        var made = Api.asMaster().create("/team/new", body("team_alias", "ml", "max_budget", 5));
        var team = made.getString("team_id");

        var updated = update(team, "max_budget", 6)
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("data.max_budget", equalTo(6))
                .extract()
                .jsonPath();
        assertThat(updated.getMap("data").keySet()).isEqualTo(made.getMap("$").keySet());
        assertThat(updated.getString("data.updated_at")).isGreaterThan(made.getString("updated_at"));
        Api.asMaster()
                .patch("/team/" + team, body("max_budget", 7))
                .then()
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("max_budget", equalTo(7));
    }

    @Test
    void metadataIsReplacedByOneRouteAndMergedByTheOther() {
        var team = Given.team("metadata", Map.of("a", 1, "b", Map.of("x", 1)), "guardrails", List.of("pii"));
        var merge = new HashMap<String, Object>();
        merge.put("a", null);
        merge.put("b", Map.of("y", 2));

        Api.asMaster()
                .patch("/team/" + team, body("metadata", merge))
                .then()
                .statusCode(200)
                .body("metadata.b.x", equalTo(1))
                .body("metadata.b.y", equalTo(2))
                .body("metadata", not(hasKey("a")));
        update(team, "metadata", Map.of("c", 3))
                .statusCode(200)
                .body("data.metadata", not(hasKey("b")))
                .body("data.metadata.c", equalTo(3))
                .body("data.metadata.guardrails", equalTo(List.of("pii")));
        update(team, "metadata", Map.of("guardrails", List.of("other")))
                .statusCode(200)
                .body("data.metadata.guardrails", equalTo(List.of("other")));
    }

    @Test
    void anObjectPermissionIsChangedInPlace() {
        var team = Given.team("object_permission", Map.of("vector_stores", List.of("v"), "agents", List.of("a")));
        var id = read(team, "object_permission_id");

        update(team, "object_permission", Map.of("agents", List.of()))
                .statusCode(200)
                .body("data.object_permission_id", equalTo(id))
                .body("data.object_permission.agents", equalTo(List.of()))
                .body("data.object_permission.vector_stores", equalTo(List.of("v")));
        update(team, "object_permission", null).statusCode(200).body("data.object_permission", nullValue());
        assertThat(StoreAccess.queryOne("select 1 from object_permission where object_permission_id = ?", id))
                .isNull();
        update(team, "object_permission", Map.of("models", List.of("m")))
                .statusCode(400)
                .body("error.param", equalTo("object_permission.models"));
    }

    @Test
    void aTeamNeverGetsMoreThanItsOrganization() {
        var organization = Given.organization("max_budget", 10, "rpm_limit", 10, "models", List.of("gpt-4o"));
        var team = Given.team("organization_id", organization, "max_budget", 5);

        update(team, "max_budget", 11).statusCode(400).body("error.param", equalTo("max_budget"));
        update(team, "rpm_limit", 11).statusCode(400).body("error.param", equalTo("rpm_limit"));
        update(team, "models", List.of("o1")).statusCode(400).body("error.param", equalTo("models"));
        update(team, "max_budget", 10, "models", List.of("gpt-4o")).statusCode(200);
    }

    @Test
    void aTeamIsNotLoweredBelowAKeyOfIt() {
        var team = Given.team("max_budget", 10);
        Given.key("team_id", team, "max_budget", 8, "key_alias", "big-spender");

        update(team, "max_budget", 7)
                .statusCode(400)
                .body("error.param", equalTo("max_budget"))
                .body("error.message", containsString("big-spender"));
        update(team, "max_budget", 8).statusCode(200);
    }

    @Test
    void aMovedTeamFitsItsDestinationAndTakesItsMembersAndKeysAlong() {
        var destination = Given.organization("max_budget", 10);
        var team = Given.team("max_budget", 20);
        var member = Tenants.inTeam(team, "user");
        var key = Given.key("team_id", team);

        update(team, "organization_id", destination).statusCode(400).body("error.param", equalTo("max_budget"));
        update(team, "organization_id", Given.unique("nowhere"))
                .statusCode(404)
                .body("error.param", equalTo("organization_id"));
        update(team, "organization_id", destination, "max_budget", 9)
                .statusCode(200)
                .body("data.organization_id", equalTo(destination));
        assertThat(StoreAccess.queryOne(
                        "select user_role from organization_membership where organization_id = ? and user_id = ?",
                        destination,
                        member.userId()))
                .isEqualTo("internal_user");
        Api.asMaster()
                .post("/v1/admissions", Admissions.request(key))
                .then()
                .body("admitted", equalTo(true))
                .body("organization_id", equalTo(destination));
        update(team, "organization_id", "").statusCode(200).body("data.organization_id", nullValue());
    }

    @Test
    void anAdminOfTwoOrganizationsMovesTeamsBetweenThemAndNowhereElse() {
        var from = Given.organization();
        var to = Given.organization();
        var admin = Tenants.adminOf(from);
        var team = Given.team("organization_id", from);
        var caller = Api.as(admin.key());

        update(caller, team, "organization_id", to).statusCode(404);
        update(caller, team, "organization_id", null).statusCode(403);
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body("organization_id", to, "member", Map.of("role", "org_admin", "user_id", admin.userId())));
        update(caller, team, "organization_id", to)
                .statusCode(403)
                .body("error.message", containsString("default_user_id"));
        Api.asMaster().create("/team/member_delete", body("team_id", team, "user_id", "default_user_id"));
        update(caller, team, "organization_id", to).statusCode(200);
    }

    @Test
    void twoUpdatesOfDifferentFieldsBothSurvive() {
        var team = Given.team();
        var fields = List.of("tpm_limit", "rpm_limit", "max_budget", "max_parallel_requests");
        for (int round = 1; round <= 5; round++) {
            var value = round;
            var calls = fields.stream()
                    .map(field -> CompletableFuture.runAsync(
                            () -> update(team, field, value).statusCode(200)))
                    .toList();
            calls.forEach(CompletableFuture::join);
            for (var field : fields) {
                assertThat(read(team, field)).as(field).isEqualTo(value);
            }
        }
    }

    @Test
    void onlyAdminsOfTheOrganizationMayAndOthersFindNothing() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);

        update(Api.asNobody(), team, "team_alias", "x").statusCode(401);
        update(Api.as(Tenants.inTeam(team, "admin").key()), team, "team_alias", "x")
                .statusCode(403);
        update(Api.as(Tenants.adminOf(Given.organization()).key()), team, "team_alias", "x")
                .statusCode(404)
                .body("error.message", containsString("not found"));
        update(Api.as(Tenants.adminOf(organization).key()), team, "team_alias", "x")
                .statusCode(200);
        update(Given.unique("team"), "team_alias", "x").statusCode(404);
    }

    @Test
    void badInputIsRefusedByNameAndChangesNothing() {
        var team = Given.team("max_budget", 5);

        Api.asMaster()
                .post("/team/update", body("team_alias", "x"))
                .then()
                .statusCode(422)
                .body("error.param", equalTo("team_id"));
        Api.asMaster()
                .patch("/team/" + team, body("team_id", "other"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("team_id"));
        update(team, "max_budget", -1).statusCode(400).body("error.param", equalTo("max_budget"));
        update(team, "soft_budget", 5).statusCode(400).body("error.param", equalTo("soft_budget"));
        update(team, "budget_duration", "soon").statusCode(400).body("error.param", equalTo("budget_duration"));
        update(team, "tpm_limit", 1.5).statusCode(422);
        update(team, "team_member_budget", -1).statusCode(400).body("error.param", equalTo("team_member_budget"));
        update(team, "team_member_permissions", List.of("/key/steal")).statusCode(400);
        update(team, "members_with_roles", List.of(Map.of("role", "admin", "user_id", "u")))
                .statusCode(400)
                .body("error.param", equalTo("members_with_roles"));
        assertThat(read(team, "max_budget")).isEqualTo(5);
    }

    @Test
    void anUpdateIsRecordedWithBeforeAndAfter() {
        var team = Given.team("max_budget", 5);
        update(team, "max_budget", 6).statusCode(200);

        assertThat(StoreAccess.queryOne(
                        "select (before_value ->> 'max_budget') || ' ' || (after_value ->> 'max_budget') from audit_log"
                                + " where object_kind = 'team' and object_id = ? and action = 'updated'",
                        team))
                .isEqualTo("5 6");
    }

    @Test
    void aBlockedTeamIsRefusedAtOnceAndWorksAgain() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var key = Given.key("team_id", team);
        var admin = Api.as(Tenants.adminOf(organization).key());
        assertThat(admitted(key)).isTrue();

        admin.post("/team/block", body("team_id", team)).then().statusCode(200).body("blocked", equalTo(true));
        admin.post("/team/block", body("team_id", team)).then().statusCode(200);
        assertThat(admitted(key)).isFalse();
        admin.post("/team/unblock", body("team_id", team))
                .then()
                .statusCode(200)
                .body("blocked", equalTo(false));
        assertThat(admitted(key)).isTrue();

        assertThat(StoreAccess.queryOne(
                        "select string_agg(action, ' ' order by at) from audit_log where object_kind = 'team' and object_id = ?",
                        team))
                .isEqualTo("created blocked unblocked");
        Api.as(Tenants.inTeam(team, "admin").key())
                .post("/team/block", body("team_id", team))
                .then()
                .statusCode(403);
        Api.asMaster()
                .post("/team/block", body("team_id", Given.unique("t")))
                .then()
                .statusCode(404);
        Api.asMaster().post("/team/block", body()).then().statusCode(422);
    }

    @Test
    void modelsAreAddedAndTakenAwayButNeverTheLast() {
        var open = Given.team();
        Api.asMaster()
                .post("/team/model/add", body("team_id", open, "models", List.of("gpt-4o")))
                .then()
                .statusCode(200)
                .body("models", equalTo(List.of("all-proxy-models", "gpt-4o")));

        var team = Given.team("models", List.of("a", "b"));
        Api.asMaster()
                .post("/team/model/delete", body("team_id", team, "models", List.of("a", "z")))
                .then()
                .statusCode(200)
                .body("models", equalTo(List.of("b")));
        Api.asMaster()
                .post("/team/model/delete", body("team_id", team, "models", List.of("b")))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("models"));
        Api.asMaster()
                .post("/team/model/add", body("team_id", Given.unique("t"), "models", List.of("b")))
                .then()
                .statusCode(404);
        var confined =
                Given.team("organization_id", Given.organization("models", List.of("a")), "models", List.of("a"));
        Api.asMaster()
                .post("/team/model/add", body("team_id", confined, "models", List.of("b")))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("models"));
    }

    @Test
    void aTeamThatHasAllModelsOfItsOrganizationHasTheAddedOneAlready() {
        var organization = Given.organization("models", List.of("a"));
        var team = Given.team("organization_id", organization);
        Api.asMaster()
                .post("/team/model/add", body("team_id", team, "models", List.of("a")))
                .then()
                .statusCode(200)
                .body("models", equalTo(List.of()));
        Api.asMaster()
                .post("/team/model/add", body("team_id", team, "models", List.of("b")))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("models"));
    }

    @Test
    void noModelAtAllIsWithinEveryOrganization() {
        var organization = Given.organization("models", List.of("a"));
        var team = Given.team("organization_id", organization, "models", List.of("no-default-models"));
        Api.asMaster()
                .patch("/organization/update", body("organization_id", organization, "models", List.of("b")))
                .then()
                .statusCode(200);
        Api.asMaster()
                .post("/team/model/add", body("team_id", team, "models", List.of("b")))
                .then()
                .statusCode(200)
                .body("models", equalTo(List.of("b")));
    }

    @Test
    void memberPermissionsAreListedAndSetByTeamAdmins() {
        var team = Given.team();
        var admin = Api.as(Tenants.inTeam(team, "admin").key());

        admin.post("/team/permissions_update", body("team_id", team, "team_member_permissions", List.of("/key/update")))
                .then()
                .statusCode(200)
                .body("team_member_permissions", equalTo(List.of("/key/update")));
        admin.get("/team/permissions_list", Map.of("team_id", team))
                .then()
                .statusCode(200)
                .body("team_member_permissions", equalTo(List.of("/key/update")))
                .body("all_available_permissions", notNullValue());
        Api.as(Tenants.inTeam(team, "user").key())
                .post("/team/permissions_update", body("team_id", team, "team_member_permissions", List.of()))
                .then()
                .statusCode(403);
        Api.as(Tenants.inTeam(Given.team(), "admin").key())
                .get("/team/permissions_list", Map.of("team_id", team))
                .then()
                .statusCode(404);
        admin.post("/team/permissions_update", body("team_id", team)).then().statusCode(422);
    }
}
