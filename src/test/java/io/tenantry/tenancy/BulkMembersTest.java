package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BulkMembersTest {

    private static Map<String, Object> user(String id) {
        return Map.of("role", "user", "user_id", id);
    }

    @Test
    void fiveHundredAreAddedWithABudgetEach() {
        var team = Given.team();
        var members = IntStream.range(0, 500)
                .mapToObj(i -> user("bulk-" + i + "-" + team))
                .toList();

        Api.asMaster()
                .post("/team/bulk_member_add", body("team_id", team, "members", members, "max_budget_in_team", 2))
                .then()
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("total_requested", equalTo(500))
                .body("successful_additions", equalTo(500))
                .body("failed_additions", equalTo(0))
                .body("results[0].user_id", equalTo("bulk-0-" + team))
                .body("results[0].success", equalTo(true))
                .body("results[0].error", nullValue())
                .body("results[0].updated_user.user_id", equalTo("bulk-0-" + team))
                .body("results[499].updated_team_membership.litellm_budget_table.max_budget", equalTo(2))
                .body("updated_team.team_id", equalTo(team));
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log where object_kind = 'team_member' and object_id like ?",
                        team + "/bulk%"))
                .isEqualTo("500");
    }

    @Test
    void eachUserHasAResultOfItsOwn() {
        var team = Given.team();
        var there = Tenants.inTeam(team, "user").userId();
        var fresh = Given.unique("fresh");
        var members = List.of(user(there), user(fresh), user("no/slash"), user(fresh));

        Api.asMaster()
                .post("/team/bulk_member_add", body("team_id", team, "members", members))
                .then()
                .statusCode(200)
                .body("results.success", equalTo(List.of(false, true, false, false)))
                .body("results[0].error", containsString("team_member_already_in_team"))
                .body("results[2].error", notNullValue())
                .body("results[3].error", containsString("more than once"))
                .body("successful_additions", equalTo(1))
                .body("failed_additions", equalTo(3));
    }

    @Test
    void atomicAddsAllOrNobody() {
        var team = Given.team();
        var fresh = Given.unique("fresh");
        var there = Tenants.inTeam(team, "user").userId();

        for (var other : List.of("no/slash", there)) {
            Api.asMaster()
                    .post(
                            "/team/bulk_member_add",
                            body("team_id", team, "atomic", true, "members", List.of(user(fresh), user(other))))
                    .then()
                    .statusCode(200)
                    .body("results.success", equalTo(List.of(false, false)))
                    .body("updated_team", nullValue());
        }
        assertThat(StoreAccess.queryOne("select 1 from team_membership where user_id = ?", fresh))
                .isNull();
    }

    @Test
    void adminsOfTheTeamMayForKnownUsersAndProxyAdminsForAll() {
        var team = Given.team();
        var admin = Api.as(Tenants.inTeam(team, "admin").key());
        var known = Given.user();

        admin.post(
                        "/team/bulk_member_add",
                        body("team_id", team, "members", List.of(user(known), user(Given.unique("guess")))))
                .then()
                .statusCode(200)
                .body("results.success", equalTo(List.of(true, false)))
                .body("results[1].error", containsString("Not allowed"));
        admin.post("/team/bulk_member_add", body("team_id", team, "all_users", true))
                .then()
                .statusCode(403)
                .body("error.param", equalTo("all_users"));
        Api.as(Tenants.inTeam(Given.team(), "admin").key())
                .post("/team/bulk_member_add", body("team_id", team, "members", List.of(user(known))))
                .then()
                .statusCode(404);
        Api.as(Tenants.inTeam(team, "user").key())
                .post("/team/bulk_member_add", body("team_id", team, "members", List.of(user(known))))
                .then()
                .statusCode(403);
        Api.asNobody()
                .post("/team/bulk_member_add", body("team_id", team, "members", List.of(user(known))))
                .then()
                .statusCode(401);
    }

    @Test
    void nobodyOrTooManyAreRefused() {
        var team = Given.team();
        for (var members : List.of(List.of(), new ArrayList<>(Collections.nCopies(501, user("u"))))) {
            Api.asMaster()
                    .post("/team/bulk_member_add", body("team_id", team, "members", members))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo("members"));
        }
        Api.asMaster()
                .post("/team/bulk_member_add", body("members", List.of(user("u"))))
                .then()
                .statusCode(422);
        Api.asMaster()
                .post("/team/bulk_member_add", body("team_id", Given.unique("t"), "members", List.of(user("u"))))
                .then()
                .statusCode(404);
    }
}
