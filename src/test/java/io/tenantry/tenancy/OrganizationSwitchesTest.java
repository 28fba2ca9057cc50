package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What an organization leaves to its members, and how it hands out its budget. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class OrganizationSwitchesTest {

    private static ValidatableResponse newTeam(Api caller, Object... fields) {
        return caller.post("/team/new", body(fields)).then();
    }

    @Test
    void membersMakeTeamsWithinTheirOrganizationWhereItLetsThem() {
        var organization = Given.organization("max_budget", 10);
        var member = Tenants.memberOf(organization, "internal_user");
        var viewer = Tenants.memberOf(organization, "internal_user_viewer");
        var caller = Api.as(member.key());

        newTeam(caller, "organization_id", organization).statusCode(403);
        Api.asMaster()
                .patch("/organization/update", body("organization_id", organization, "members_may_create_teams", true))
                .then()
                .statusCode(200);

        newTeam(caller, "organization_id", organization, "max_budget", 11)
                .statusCode(400)
                .body("error.param", equalTo("max_budget"));
        var team = newTeam(caller, "organization_id", organization, "max_budget", 5)
                .statusCode(200)
                .body("members_with_roles[0].user_id", equalTo(member.userId()))
                .body("members_with_roles[0].role", equalTo("admin"))
                .extract()
                .jsonPath()
                .getString("team_id");
        caller.post("/key/generate", body("team_id", team)).then().statusCode(200);
        newTeam(Api.as(viewer.key()), "organization_id", organization).statusCode(403);
        newTeam(caller, "organization_id", Given.organization()).statusCode(404);
        newTeam(caller).statusCode(403);
    }

    @Test
    void membersMakeKeysInTheirTeamsWhereTheOrganizationLetsThem() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization, "max_budget", 5);
        var other = Given.team("organization_id", organization);
        var caller = Api.as(Tenants.inTeam(team, "user").key());

        caller.post("/key/generate", body("team_id", team)).then().statusCode(403);
        Api.asMaster()
                .patch("/organization/update", body("organization_id", organization, "members_may_create_keys", true))
                .then()
                .statusCode(200);
        caller.post("/key/generate", body("team_id", team)).then().statusCode(200);
        caller.post("/key/generate", body("team_id", team, "max_budget", 6))
                .then()
                .statusCode(400);
        caller.post("/key/generate", body("team_id", other)).then().statusCode(404);
    }

    private static String strict(Object... fields) {
        var request = body(fields);
        request.put("strict_allocation", true);
        return Given.organization(request.entrySet().stream()
                .flatMap(field -> Stream.of(field.getKey(), field.getValue()))
                .toArray());
    }

    @Test
    void theCapsOfTeamsStayWithinThatOfAStrictOrganizationTogether() {
        var organization = strict("max_budget", 10, "budget_duration", "30d");
        var first = Given.team("organization_id", organization, "max_budget", 6, "budget_duration", "30d");

        newTeam(Api.asMaster(), "organization_id", organization, "max_budget", 5)
                .statusCode(400)
                .body("error.param", equalTo("max_budget"))
                .body("error.message", containsString("$4"));
        newTeam(Api.asMaster(), "organization_id", organization)
                .statusCode(400)
                .body("error.message", containsString("give team"));
        newTeam(Api.asMaster(), "organization_id", organization, "max_budget", 1, "budget_duration", "1d")
                .statusCode(400)
                .body("error.param", equalTo("budget_duration"));
        var second = Given.team("organization_id", organization, "max_budget", 4);

        update(first, "max_budget", 7).statusCode(400);
        update(first, "max_budget", null).statusCode(400);
        update(second, "max_budget", 3).statusCode(200);
        update(first, "max_budget", 7).statusCode(200);
        Api.asMaster()
                .patch("/organization/update", body("organization_id", organization, "max_budget", 9))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("max_budget"))
                .body("error.message", containsString("handed out"));
        var outside = Given.team("max_budget", 1);
        update(outside, "organization_id", organization).statusCode(400);
    }

    private static ValidatableResponse update(String team, Object... fields) {
        var request = new HashMap<>(body(fields));
        request.put("team_id", team);
        return Api.asMaster().post("/team/update", request).then();
    }

    @Test
    void concurrentTeamsNeverGetMoreThanThereIs() {
        var organization = strict("max_budget", 5);

        var statuses = IntStream.range(0, 12)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Api.asMaster()
                        .post("/team/new", body("organization_id", organization, "max_budget", 1))
                        .statusCode()))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
        assertThat(statuses.stream().filter(status -> status == 200)).hasSize(5);
        assertThat(statuses.stream().filter(status -> status != 200)).containsOnly(400);
        assertThat(StoreAccess.queryOne("select count(*) from team where organization_id = ?", organization))
                .isEqualTo("5");
    }

    @Test
    void theCapsOfKeysStayWithinTheirTeamAndThoseWithoutATeamWithinTheOrganization() {
        var organization = strict("max_budget", 10);
        var team = Given.team("organization_id", organization, "max_budget", 5);

        newKey("team_id", team).statusCode(400).body("error.param", equalTo("max_budget"));
        newKey("team_id", team, "max_budget", 3).statusCode(200);
        newKey("team_id", team, "max_budget", 3)
                .statusCode(400)
                .body("error.param", equalTo("max_budget"))
                .body("error.message", containsString("$2"));
        newKey("organization_id", organization, "max_budget", 5).statusCode(200);
        newKey("organization_id", organization, "max_budget", 1).statusCode(400);
        newTeam(Api.asMaster(), "organization_id", organization, "max_budget", 1)
                .statusCode(400);
    }

    private static ValidatableResponse newKey(Object... fields) {
        return Api.asMaster().post("/key/generate", body(fields)).then();
    }

    @Test
    void concurrentKeysNeverGetMoreThanTheirTeamHas() {
        var team = Given.team("organization_id", strict(), "max_budget", 5);

        var statuses = IntStream.range(0, 12)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Api.asMaster()
                        .post("/key/generate", body("team_id", team, "max_budget", 1))
                        .statusCode()))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
        assertThat(statuses.stream().filter(status -> status == 200)).hasSize(5);
        assertThat(statuses.stream().filter(status -> status != 200)).containsOnly(400);
    }

    @Test
    void theSwitchIsTurnedOnOnlyWhereEverythingFits() {
        var organization = Given.organization("max_budget", 10);
        var open = Given.team("organization_id", organization);
        var request = Map.of("organization_id", organization, "strict_allocation", true);

        Api.asMaster()
                .patch("/organization/update", request)
                .then()
                .statusCode(400)
                .body("error.param", equalTo("strict_allocation"))
                .body("error.message", containsString(open));
        update(open, "max_budget", 3).statusCode(200);
        Given.key("team_id", open, "max_budget", 2, "key_alias", "one");
        Given.key("team_id", open, "max_budget", 2, "key_alias", "two");
        Api.asMaster().patch("/organization/update", request).then().statusCode(400);
        update(open, "max_budget", 4).statusCode(200);
        Api.asMaster()
                .patch("/organization/update", request)
                .then()
                .statusCode(200)
                .body("strict_allocation", equalTo(true));
        update(open, "max_budget", 3).statusCode(400);
    }

    @Test
    void anOrganizationIsMadeWithItsSwitches() {
        Api.asMaster()
                .post(
                        "/organization/new",
                        body(
                                "organization_alias",
                                "x",
                                "members_may_create_teams",
                                true,
                                "members_may_create_keys",
                                true,
                                "strict_allocation",
                                true))
                .then()
                .statusCode(200)
                .body("members_may_create_teams", equalTo(true))
                .body("members_may_create_keys", equalTo(true))
                .body("strict_allocation", equalTo(true))
                .body("models", equalTo(List.of()));
    }
}
