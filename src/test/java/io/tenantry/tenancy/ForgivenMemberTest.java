package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a member has spent in its team can be forgiven; the ledger and the team keep it. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ForgivenMemberTest {

    private static ValidatableResponse reset(Api caller, String team, String user, Object to) {
        return caller.post("/team/" + team + "/member/" + user + "/reset_spend", body("reset_to", to))
                .then();
    }

    private static boolean affords(String key, double cost) {
        var admission = Api.asMaster().create("/v1/admissions", Admissions.request(key, "estimated_cost_usd", cost));
        if (admission.getBoolean("admitted")) {
            Api.asMaster().delete("/v1/admissions/" + admission.getString("admission_id"));
        }
        return admission.getBoolean("admitted");
    }

    private static void spend(String key, double cost) {
        var admission = Api.asMaster().create("/v1/admissions", Admissions.request(key, "estimated_cost_usd", 0));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        body("input_tokens", 1, "output_tokens", 1, "cost_usd", cost));
    }

    private static float shown(String team, String user) {
        return Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .jsonPath()
                .getFloat("team_memberships.find { it.user_id == '" + user + "' }.spend");
    }

    @Test
    void the_next_request_may_use_what_a_member_was_forgiven_and_no_more() {
        var team = Given.team("team_member_budget", 10, "team_member_budget_duration", "1mo");
        var member = Tenants.inTeam(team, "user").userId();
        var key = Given.key("team_id", team, "user_id", member);
        var other = Given.key(
                "team_id", team, "user_id", Tenants.inTeam(team, "user").userId());
        spend(key, 8);
        spend(other, 8);
        assertThat(affords(key, 3)).isFalse();

        reset(Api.asMaster(), team, member, 1)
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("user_id", equalTo(member))
                .body("spend", equalTo(1))
                .body("previous_spend", equalTo(8))
                .body("max_budget", equalTo(10));

        assertThat(shown(team, member)).isEqualTo(1);
        assertThat(affords(key, 9)).isTrue();
        assertThat(affords(key, 9.01)).isFalse();
        assertThat(affords(other, 3)).as("nobody else is forgiven").isFalse();
        assertThat(StoreAccess.queryOne(
                        "select sum(cost_nano) from usage_event where team_id = ? and user_id = ?", team, member))
                .isEqualTo("8000000000");
        assertThat(StoreAccess.queryOne(
                        "select (before_value ->> 'spend') || ' ' || (after_value ->> 'spend') from audit_log where object_id = ? and action = 'updated'",
                        team + "/" + member))
                .isEqualTo("8 1");
    }

    @Test
    void the_teams_budget_is_not_forgiven() {
        var team = Given.team("max_budget", 10, "team_member_budget", 10);
        var member = Tenants.inTeam(team, "user").userId();
        var key = Given.key("team_id", team, "user_id", member);
        spend(key, 9);

        reset(Api.asMaster(), team, member, 0).statusCode(200);

        assertThat(affords(key, 2)).isFalse();
    }

    @Test
    void more_than_was_spent_or_than_the_cap_is_refused_and_nothing_is_changed() {
        var team = Given.team("team_member_budget", 10);
        var member = Tenants.inTeam(team, "user").userId();
        spend(Given.key("team_id", team, "user_id", member), 4);

        reset(Api.asMaster(), team, member, 5).statusCode(400).body("error.param", equalTo("reset_to"));
        reset(Api.asMaster(), team, member, 11).statusCode(400).body("error.param", equalTo("reset_to"));
        reset(Api.asMaster(), team, member, -1).statusCode(400).body("error.param", equalTo("reset_to"));
        reset(Api.asMaster(), team, member, true).statusCode(422).body("error.param", equalTo("reset_to"));
        reset(Api.asMaster(), team, member, null).statusCode(422).body("error.param", equalTo("reset_to"));
        reset(Api.asMaster(), team, Given.user(), 0).statusCode(404).body("error.param", equalTo("user_id"));
        assertThat(shown(team, member)).isEqualTo(4);
    }

    @Test
    void admins_forgive_others_and_never_themselves() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var admin = Tenants.inTeam(team, "admin");
        var member = Tenants.inTeam(team, "user");

        reset(Api.as(admin.key()), team, member.userId(), 0).statusCode(200);
        reset(Api.as(Tenants.adminOf(organization).key()), team, admin.userId(), 0)
                .statusCode(200);
        reset(Api.as(admin.key()), team, admin.userId(), 0).statusCode(403);
        reset(Api.as(member.key()), team, admin.userId(), 0).statusCode(403);
        reset(Api.as(Tenants.inTeam(Given.team(), "admin").key()), team, member.userId(), 0)
                .statusCode(404);
    }
}
