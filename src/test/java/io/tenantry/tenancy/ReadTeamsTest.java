package io.tenantry.tenancy;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ReadTeamsTest {

    @Test
    void a_team_is_shown_with_members_their_budgets_and_keys() {
        var organization = Given.organization("models", List.of("gpt-4o"));
        var team = Given.team("organization_id", organization, "team_member_budget", 4, "rpm_limit", 9);
        var user = Tenants.inTeam(team, "user");

        Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .then()
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("team_info.team_id", equalTo(team))
                .body("team_info.rpm_limit", equalTo(9))
                .body("team_info.members_with_roles[0]", hasKey("user_alias"))
                .body("team_info.team_member_budget_table.max_budget", equalTo(4))
                .body("team_info.organization_models", equalTo(List.of("gpt-4o")))
                .body("team_info.caller_edit_access.kind", equalTo("unrestricted"))
                .body("team_info", hasKey("access_group_models"))
                .body("keys", notNullValue())
                .body("team_memberships.user_id", hasItems("default_user_id", user.userId()))
                .body("team_memberships[0].budget_source", equalTo("team_default"))
                .body("team_memberships[0].litellm_budget_table.max_budget", equalTo(4));
    }

    @Test
    void booked_use_is_shown_as_spend() {
        var team = Given.team("budget_duration", "1d");
        var member = Tenants.inTeam(team, "user").userId();
        StoreAccess.execute(
                "insert into spend_total values ('team', ?, '1d', date_trunc('day', now(), 'UTC'), date_trunc('day', now(), 'UTC') + interval '1 day', 2500000000)",
                team);
        StoreAccess.execute(
                "insert into spend_total values ('team', ?, '1d', now() - interval '2 days', now() - interval '1 day', 9000000000)",
                team);
        StoreAccess.execute(
                "insert into spend_total values ('team_member', ?, 'lifetime', 'epoch', '9999-12-31', 125000)",
                team + "/" + member);

        Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .then()
                .body("team_info.spend", equalTo(2.5f))
                .body("team_memberships.find { it.user_id == '" + member + "' }.total_spend", equalTo(0.000125f));
    }

    @Test
    void members_viewers_organization_admins_and_the_teams_own_keys_may_look() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);

        look(Tenants.inTeam(team, "user").key(), team, 200);
        look(Tenants.inTeam(team, "admin").key(), team, 200);
        look(Tenants.adminOf(organization).key(), team, 200);
        look(Tenants.user("user_role", "proxy_admin_viewer").key(), team, 200);
        look(Tenants.keyOfTeam(team), team, 200);
    }

    @Test
    void for_everybody_else_the_team_does_not_exist() {
        var team = Given.team("organization_id", Given.organization());

        look(Tenants.user("user_role", "internal_user").key(), team, 404);
        look(Tenants.adminOf(Given.organization()).key(), team, 404);
        look(Tenants.inTeam(Given.team(), "admin").key(), team, 404);
        look(Tenants.keyOfTeam(Given.team()), team, 404);
        Api.asNobody().get("/team/info", Map.of("team_id", team)).then().statusCode(401);
    }

    @Test
    void the_id_is_required_and_a_limit_must_be_a_number() {
        Api.asMaster().get("/team/info").then().statusCode(422).body("error.param", equalTo("team_id"));
        Api.asMaster()
                .get("/team/info", Map.of("team_id", "t", "key_limit", "many"))
                .then()
                .statusCode(422)
                .body("error.param", equalTo("key_limit"));
        Api.asMaster()
                .get("/team/info", Map.of("team_id", Given.unique("t")))
                .then()
                .statusCode(404)
                .body("error.message", containsString("not found"));
    }

    @Test
    void a_list_holds_what_the_caller_may_see_by_alias() {
        var organization = Given.organization();
        var second = Given.team("organization_id", organization, "team_alias", "b");
        var first = Given.team("organization_id", organization, "team_alias", "a");
        Given.team("organization_id", Given.organization());

        Api.as(Tenants.adminOf(organization).key())
                .get("/team/list")
                .then()
                .statusCode(200)
                .body("team_id", equalTo(List.of(first, second)))
                .body("[0].team_memberships.user_id", equalTo(List.of("default_user_id")))
                .body("[0].keys", empty());
    }

    @Test
    void a_member_lists_the_own_teams_and_nobody_elses() {
        var team = Given.team();
        var member = Tenants.inTeam(team, "user");
        var other = Tenants.inTeam(Given.team(), "user");

        Api.as(member.key())
                .get("/team/list", Map.of("user_id", member.userId()))
                .then()
                .statusCode(200)
                .body("team_id", equalTo(List.of(team)));
        Api.as(member.key())
                .get("/team/list", Map.of("user_id", other.userId()))
                .then()
                .statusCode(200)
                .body("", empty());
        Api.asNobody().get("/team/list").then().statusCode(401);
    }

    @Test
    void a_list_can_be_of_one_user_one_organization_or_of_none() {
        var organization = Given.organization();
        var inside = Given.team("organization_id", organization);
        // the list ends after a thousand teams by alias, and this one has to be on it
        var outside = Given.team("team_alias", "!first");
        var member = Tenants.inTeam(inside, "user");

        Api.asMaster()
                .get("/team/list", Map.of("organization_id", organization))
                .then()
                .body("team_id", equalTo(List.of(inside)));
        Api.asMaster()
                .get("/team/list", Map.of("organization_id", "default_organization"))
                .then()
                .body("team_id", hasItem(outside))
                .body("team_id", not(hasItem(inside)));
        Api.asMaster()
                .get("/team/list", Map.of("user_id", member.userId()))
                .then()
                .body("team_id", equalTo(List.of(inside)))
                .body("[0].team_memberships.user_id", equalTo(List.of(member.userId())));
    }

    private static void look(String key, String team, int status) {
        Api.as(key).get("/team/info", Map.of("team_id", team)).then().statusCode(status);
    }
}
