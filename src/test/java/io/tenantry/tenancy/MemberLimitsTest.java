package io.tenantry.tenancy;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Members of teams and organizations have limits of every kind, and raises that end by themselves. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class MemberLimitsTest {

    private static final String SOON = Instant.now()
            .plus(1, ChronoUnit.HOURS)
            .truncatedTo(ChronoUnit.SECONDS)
            .toString();

    private static JsonPath admit(String key, Object... fields) {
        return Api.asMaster().create("/v1/admissions", request(key, fields));
    }

    /** A member's key in a team. */
    private record Member(String team, String user, String key) {

        static Member of(String team) {
            var user = Given.user();
            Api.asMaster()
                    .create(
                            "/team/member_add",
                            Map.of("team_id", team, "member", Map.of("role", "user", "user_id", user)));
            return new Member(team, user, Given.key("team_id", team, "user_id", user));
        }

        Response change(Object... fields) {
            var body = Given.body(fields);
            body.put("team_id", team);
            body.put("user_id", user);
            return Api.asMaster().post("/team/member_update", body);
        }
    }

    @Test
    void a_members_temporary_raise_is_added_to_its_cap() {
        var member = Member.of(Given.team());
        member.change("max_budget_in_team", 1).then().statusCode(200);
        assertThat(admit(member.key(), "estimated_cost_usd", 2).getBoolean("admitted"))
                .isFalse();

        member.change("temp_budget_increase", 1.5, "temp_budget_expiry", SOON)
                .then()
                .statusCode(200)
                .body("temp_budget_increase", equalTo(1.5f))
                .body("temp_budget_expiry", startsWith(SOON.replace("Z", "")));
        var raised = admit(member.key(), "estimated_cost_usd", 2);

        assertThat(raised.getBoolean("admitted")).isTrue();
        assertThat(raised.getFloat("limits.find { it.scope == 'team_member' }.limit"))
                .isEqualTo(2.5f);
        assertThat(admit(member.key(), "estimated_cost_usd", 1).getString("refusal.scope"))
                .isEqualTo("team_member");
    }

    @Test
    void a_raise_needs_its_other_half_a_cap_and_a_time_to_come() {
        var member = Member.of(Given.team());

        member.change("temp_budget_increase", 1).then().statusCode(422);
        member.change("temp_budget_increase", 1, "temp_budget_expiry", SOON)
                .then()
                .statusCode(400)
                .body("error.param", equalTo("temp_budget_increase"));
        member.change("max_budget_in_team", 1).then().statusCode(200);
        member.change("temp_budget_increase", 1, "temp_budget_expiry", "2020-01-01T00:00:00Z")
                .then()
                .statusCode(400);
        member.change("temp_budget_increase", -1, "temp_budget_expiry", SOON)
                .then()
                .statusCode(400);
    }

    @Test
    void a_raise_on_the_teams_default_goes_away_with_the_members_own_terms() {
        var member = Member.of(Given.team("team_member_budget", 1));
        member.change("temp_budget_increase", 1, "temp_budget_expiry", SOON)
                .then()
                .statusCode(200);
        assertThat(admit(member.key(), "estimated_cost_usd", 2).getBoolean("admitted"))
                .isTrue();

        member.change("temp_budget_increase", null, "temp_budget_expiry", null)
                .then()
                .statusCode(200);

        assertThat(admit(member.key(), "estimated_cost_usd", 2).getBoolean("admitted"))
                .isFalse();
    }

    @Test
    void a_member_has_windows_slots_and_days_of_its_own() {
        var member = Member.of(Given.team());
        member.change(
                        "budget_limits",
                        List.of(
                                Map.of("budget_duration", "1d", "max_budget", 1),
                                Map.of("budget_duration", "1mo", "max_budget", 5)),
                        "tpd_limit",
                        10_000,
                        "max_parallel_requests",
                        3)
                .then()
                .statusCode(200)
                .body("budget_limits.size()", equalTo(2))
                .body("max_parallel_requests", equalTo(3));

        var answer = admit(member.key(), "estimated_cost_usd", "0.5");
        var refused = admit(member.key(), "estimated_cost_usd", "0.6");

        assertThat(answer.getList("limits.findAll { it.scope == 'team_member' }.kind"))
                .containsExactly("tokens_per_day", "budget", "budget", "max_parallel_requests");
        assertThat(refused.getString("refusal.scope")).isEqualTo("team_member");
        assertThat(refused.getFloat("refusal.limit")).isEqualTo(1f);
    }

    @Test
    void a_member_of_an_organization_has_rates_and_windows_too() {
        var organization = Given.organization();
        var user = Given.user();
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        Map.of(
                                "organization_id",
                                organization,
                                "member",
                                List.of(Map.of("role", "internal_user", "user_id", user))));
        var key = Given.key("organization_id", organization, "user_id", user);

        Api.asMaster()
                .patch(
                        "/organization/member_update",
                        Map.of(
                                "organization_id",
                                organization,
                                "user_id",
                                user,
                                "rpm_limit",
                                1,
                                "budget_limits",
                                List.of(Map.of("budget_duration", "1d", "max_budget", 1))))
                .then()
                .statusCode(200)
                .body("litellm_budget_table.rpm_limit", equalTo(1));

        assertThat(admit(key).getList("limits.findAll { it.scope == 'organization_member' }.kind"))
                .containsExactly("requests", "budget");
        assertThat(admit(key).getString("refusal.scope")).isEqualTo("organization_member");
    }

    @Test
    void what_nothing_would_enforce_for_a_member_is_refused() {
        var member = Member.of(Given.team());

        for (var field : List.of("rpm_limit_type", "throttle_on_budget_exceeded", "tag_rpm_limit")) {
            member.change(field, field.startsWith("rpm") ? "dynamic" : (Object) true)
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo(field));
        }
    }
}
