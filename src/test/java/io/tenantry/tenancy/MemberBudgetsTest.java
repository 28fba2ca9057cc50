package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
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
import org.junit.jupiter.api.Test;

/** Members carry the same limits as everything else, and each of them is enforced. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class MemberBudgetsTest {

    private static ValidatableResponse add(String team, String user, Object... fields) {
        var request = body(fields);
        request.put("team_id", team);
        request.put("member", Map.of("role", "user", "user_id", user));
        return Api.asMaster().post("/team/member_add", request).then();
    }

    private static Map<String, Object> refusal(String key) {
        var answer =
                Api.asMaster().post("/v1/admissions", Admissions.request(key)).jsonPath();
        return answer.getBoolean("admitted") ? Map.of() : new HashMap<>(answer.<String, Object>getMap("refusal"));
    }

    @Test
    void every_limit_that_a_member_is_given_is_enforced() {
        var team = Given.team();
        for (var limit : List.of(
                body("max_parallel_requests", 0),
                body("rpm_limit", 0),
                body("tpm_limit", 0),
                body("tpd_limit", 0),
                body("request_budget", 0),
                body("max_budget_in_team", 0),
                body("budget_limits", List.of(Map.of("budget_duration", "1d", "max_budget", 0))),
                body("model_max_budget", Map.of("gpt-4o", Map.of("budget_duration", "1d", "max_budget", 0))))) {
            var user = Given.user();
            var request = new HashMap<>(limit);
            request.put("team_id", team);
            request.put("member", Map.of("role", "user", "user_id", user));
            Api.asMaster().create("/team/member_add", request);
            assertThat(refusal(Given.key("team_id", team, "user_id", user)))
                    .as(limit.toString())
                    .containsEntry("scope", "team_member");
        }
    }

    @Test
    void what_is_given_to_a_new_member_is_laid_over_the_teams_default() {
        var team =
                Given.team("team_member_budget", 3, "team_member_budget_duration", "30d", "team_member_rpm_limit", 9);
        var user = Given.user();

        add(team, user, "max_budget_in_team", 5, "soft_budget", 4)
                .statusCode(200)
                .body("updated_team_memberships[0].litellm_budget_table.max_budget", equalTo(5))
                .body("updated_team_memberships[0].litellm_budget_table.soft_budget", equalTo(4))
                .body("updated_team_memberships[0].litellm_budget_table.budget_duration", equalTo("30d"))
                .body("updated_team_memberships[0].litellm_budget_table.rpm_limit", equalTo(9));
        var made = Given.user("teams", List.of(Map.of("team_id", team, "max_budget_in_team", 1)));
        assertThat(StoreAccess.queryOne(
                        "select concat(max_budget_nano, ' ', budget_duration) from budget where owner_id = ?",
                        team + "/" + made))
                .isEqualTo("1000000000 30d");
    }

    @Test
    void a_member_of_an_organization_has_limits_of_every_kind() {
        var organization = Given.organization();
        var user = Given.user();
        Api.asMaster()
                .post(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "rpm_limit",
                                0,
                                "member",
                                Map.of("role", "internal_user", "user_id", user)))
                .then()
                .statusCode(200)
                .body("updated_organization_memberships[0].litellm_budget_table.rpm_limit", equalTo(0));
        var key = Given.key("organization_id", organization, "user_id", user);
        assertThat(refusal(key)).containsEntry("scope", "organization_member");

        updateMember(organization, user, "rpm_limit", 100, "max_budget_in_organization", 4, "budget_duration", "30d")
                .body("litellm_budget_table.max_budget", equalTo(4))
                .body("litellm_budget_table.budget_duration", equalTo("30d"));
        assertThat(refusal(key)).isEmpty();
        // the cap goes, the rate stays
        updateMember(organization, user, "max_budget_in_organization", null)
                .body("litellm_budget_table.max_budget", nullValue())
                .body("litellm_budget_table.rpm_limit", equalTo(100));
        updateMember(organization, user, "rpm_limit", null, "budget_duration", null)
                .body("litellm_budget_table", nullValue());
    }

    private static ValidatableResponse updateMember(String organization, String user, Object... fields) {
        var request = body(fields);
        request.put("organization_id", organization);
        request.put("user_id", user);
        return Api.asMaster()
                .patch("/organization/member_update", request)
                .then()
                .statusCode(200);
    }

    @Test
    void new_members_start_with_the_models_that_the_team_has_for_them() {
        var team = Given.team("default_team_member_models", List.of("gpt-4o"));
        var joined = Given.user();
        var chosen = Given.user();
        add(team, joined).statusCode(200);
        add(team, chosen, "allowed_models", List.of("gpt-4")).statusCode(200);
        var made = Given.user("teams", List.of(team));

        assertThat(models(team, joined)).isEqualTo("{gpt-4o}");
        assertThat(models(team, made)).isEqualTo("{gpt-4o}");
        assertThat(models(team, chosen)).isEqualTo("{gpt-4}");
        var key = Given.key("team_id", team, "user_id", joined);
        Api.asMaster()
                .post("/v1/admissions", Admissions.request(key, "model", "gpt-4"))
                .then()
                .body("refusal.scope", equalTo("team_member"));
    }

    private static String models(String team, String user) {
        return StoreAccess.queryOne("select models from team_membership where team_id = ? and user_id = ?", team, user);
    }

    @Test
    void what_is_no_limit_of_a_member_is_refused_by_name() {
        var team = Given.team();
        var user = Given.user();
        refused("soft_budget", add(team, user, "max_budget_in_team", 1, "soft_budget", 2));
        refused("tpd_limit", add(team, user, "tpd_limit", -1));
        refused("temp_budget_increase", add(team, user, "temp_budget_increase", 1));
        refused("tags", add(team, user, "tags", List.of("a")));
        refused(
                "max_parallel_requests",
                Api.asMaster()
                        .post(
                                "/team/bulk_member_add",
                                body(
                                        "team_id",
                                        team,
                                        "max_parallel_requests",
                                        -1,
                                        "members",
                                        List.of(Map.of("role", "user", "user_id", user))))
                        .then());
        assertThat(models(team, user)).isNull();
    }

    private static void refused(String field, ValidatableResponse answer) {
        answer.statusCode(400).body("error.param", equalTo(field));
    }
}
