package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ReadUserTest {

    @Test
    void a_user_reads_the_own_row_with_keys_and_teams_by_alias() {
        var user = Tenants.user("user_role", "internal_user", "max_budget", 8, "budget_duration", "1d");
        var second = joined(user.userId(), "b");
        var first = joined(user.userId(), "a");

        for (var answer : List.of(
                Api.as(user.key()).get("/user/info"),
                Api.as(user.key()).get("/user/info", Map.of("user_id", user.userId())))) {
            answer.then()
                    .statusCode(200)
                    .body("user_id", equalTo(user.userId()))
                    .body("user_info.user_id", equalTo(user.userId()))
                    .body("user_info.max_budget", equalTo(8))
                    .body("user_info.budget_reset_at", notNullValue())
                    .body("user_info.organization_memberships", empty())
                    .body("user_info", not(hasKey("password")))
                    .body("keys", notNullValue())
                    .body("teams.team_id", equalTo(List.of(first, second)));
        }
    }

    @Test
    void a_plus_in_an_id_survives() {
        var id = Given.unique("kim+test");
        Given.user("user_id", id);

        Api.asMaster().get("/user/info?user_id=" + id).then().statusCode(200).body("user_id", equalTo(id));
        Api.asMaster()
                .get("/user/info", Map.of("user_id", id))
                .then()
                .statusCode(200)
                .body("user_id", equalTo(id));
    }

    @Test
    void the_master_key_reads_itself_and_all_teams() {
        // the list ends after a thousand teams by alias, and this one has to be on it
        var team = Given.team("team_alias", "!first");

        Api.asMaster()
                .get("/user/info")
                .then()
                .statusCode(200)
                .body("user_id", equalTo("default_user_id"))
                .body("teams.team_id", hasItem(team));
    }

    @Test
    void other_users_do_not_exist() {
        var other = Given.user();

        Api.as(Tenants.user("user_role", "internal_user").key())
                .get("/user/info", Map.of("user_id", other))
                .then()
                .statusCode(404);
        Api.as(Tenants.adminOf(Given.organization()).key())
                .get("/user/info", Map.of("user_id", other))
                .then()
                .statusCode(404);
        Api.asMaster()
                .get("/user/info", Map.of("user_id", Given.unique("none")))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("user_id"));
        Api.asNobody().get("/user/info").then().statusCode(401);
    }

    @Test
    void a_key_without_a_user_has_to_name_one() {
        Api.as(Tenants.keyOfTeam(Given.team()))
                .get("/user/info")
                .then()
                .statusCode(400)
                .body("error.param", equalTo("user_id"));
    }

    @Test
    void an_admin_sees_of_a_member_only_what_lies_in_the_own_tenant() {
        var mine = Given.organization();
        var admin = Api.as(Tenants.adminOf(mine).key());
        var foreign = Given.organization();
        var inside = Given.team("organization_id", mine);
        var outside = Given.team("organization_id", foreign);
        var user = Given.user("organizations", List.of(mine, foreign), "teams", List.of(inside, outside));

        admin.get("/user/info", Map.of("user_id", user))
                .then()
                .statusCode(200)
                .body("user_info.teams", equalTo(List.of(inside)))
                .body("teams.team_id", equalTo(List.of(inside)))
                .body("user_info.organization_memberships.organization_id", equalTo(List.of(mine)));
    }

    private static String joined(String user, String alias) {
        var team = Given.team("team_alias", alias);
        Api.asMaster()
                .create("/team/member_add", body("team_id", team, "member", Map.of("role", "user", "user_id", user)));
        return team;
    }
}
