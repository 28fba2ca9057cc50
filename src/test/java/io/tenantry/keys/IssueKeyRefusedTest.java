package io.tenantry.keys;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class IssueKeyRefusedTest {

    private static ValidatableResponse generate(Api caller, Object... fields) {
        return caller.post("/key/generate", Given.body(fields)).then();
    }

    private static void refuses(int status, String param, Object... fields) {
        generate(Api.asMaster(), fields).statusCode(status).body("error.param", equalTo(param));
    }

    @Test
    void nobody_makes_no_key() {
        generate(Api.asNobody()).statusCode(401);
    }

    @Test
    void those_who_only_look_make_no_key() {
        generate(Api.as(Given.key("user_id", Owners.user("proxy_admin_viewer"))))
                .statusCode(403);
        generate(Api.as(Given.key("user_id", Owners.user("internal_user_viewer"))))
                .statusCode(403);
        generate(Api.as(Given.key())).statusCode(403);
        generate(Api.as(Given.key("key_type", "gateway"))).statusCode(403);
    }

    @Test
    void values_that_cannot_mean_anything_are_named() {
        refuses(400, "max_budget", "max_budget", -1);
        refuses(400, "soft_budget", "soft_budget", -1);
        refuses(400, "soft_budget", "soft_budget", 5, "max_budget", 5);
        refuses(400, "tpm_limit", "tpm_limit", -1);
        refuses(400, "rpm_limit", "rpm_limit", -1);
        refuses(400, "max_parallel_requests", "max_parallel_requests", -1);
        refuses(400, "model_rpm_limit.m", "model_rpm_limit", Map.of("m", -1));
        refuses(400, "duration", "duration", "soon");
        refuses(400, "budget_duration", "budget_duration", "1hr");
        refuses(400, "team_id", "metadata", Map.of("service_account_id", "s"));
        refuses(400, "allowed_routes", "key_type", "llm_api", "allowed_routes", List.of("/key/info"));
    }

    @Test
    void values_of_the_wrong_type_are_422_and_named() {
        refuses(422, "tpm_limit", "tpm_limit", "many");
        refuses(422, "tpm_limit", "tpm_limit", 1.5);
        refuses(422, "max_budget", "max_budget", "much");
        refuses(422, "models", "models", "gpt");
        refuses(422, "blocked", "blocked", "perhaps");
        refuses(422, "metadata", "metadata", List.of());
        refuses(422, "key_type", "key_type", "other");
        refuses(422, "models.1", "models", java.util.Arrays.asList("a", null));
        refuses(422, "key_alias", "key_alias", "a".repeat(256));
        refuses(422, "tags", "metadata", Map.of("tags", "x"));
    }

    @Test
    void numbers_of_absurd_size_are_refused_quickly() {
        Api.asMaster().post("/key/generate", "{\"tpm_limit\": 1e30}").then().statusCode(422);
        Api.asMaster()
                .post("/key/generate", "{\"tpm_limit\": 99999999999999999999999}")
                .then()
                .statusCode(422);
        Api.asMaster()
                .post("/key/generate", "{\"max_budget\": 1e999999999}")
                .then()
                .statusCode(400);
        Api.asMaster()
                .post("/key/generate", "{\"max_budget\": 1e-999999999}")
                .then()
                .statusCode(200);
    }

    @Test
    void a_body_that_is_no_object_is_refused() {
        Api.asMaster().post("/key/generate", "{").then().statusCode(400);
        Api.asMaster().post("/key/generate", "[]").then().statusCode(422);
        Api.asMaster().post("/key/generate", "null").then().statusCode(422);
        Api.asMaster().post("/key/generate", "").then().statusCode(422);
    }

    @Test
    void characters_that_the_database_cannot_store_are_the_callers_fault() {
        for (var field : List.of("key_alias", "user_id", "team_id", "budget_id", "organization_id")) {
            refuses(422, field, field, "a\u0000b");
        }
        refuses(422, "metadata.a", "metadata", Map.of("a", "\u0000"));
        refuses(422, "tags.0", "tags", List.of("\u0000"));
    }

    @Test
    void a_chosen_key_that_is_unfit_is_refused_without_being_repeated() {
        for (var unfit : List.of("pk-abcdefghijklmnop", "sk-short", "sk-with space in it", "sk-" + "a".repeat(98))) {
            generate(Api.asMaster(), "key", unfit)
                    .statusCode(400)
                    .body("error.param", equalTo("key"))
                    .body("error.message", not(containsString(unfit)));
        }
        generate(Api.asMaster(), "key", "pk-abcdefghijklmnop").body("error.message", containsString("pk-a****mnop"));
    }

    @Test
    void what_would_not_be_enforced_is_refused() {
        var asked = Given.body(
                "spend",
                1,
                "agent_id",
                "a",
                "project_id",
                "p",
                "budget_fallbacks",
                Map.of("a", List.of()),
                "allowed_cache_controls",
                List.of("no-cache"),
                "allowed_passthrough_routes",
                List.of("/x"),
                "allowed_vector_store_indexes",
                List.of(Map.of()),
                "policies",
                List.of("p"),
                "prompts",
                List.of("p"),
                "enforced_params",
                List.of("user"),
                "auto_rotate",
                true,
                "rotation_interval",
                "30d",
                "router_settings",
                Map.of("a", 1),
                "send_invite_email",
                true,
                "permissions",
                Map.of("get_spend_routes", true),
                "config",
                Map.of("a", 1),
                "temp_budget_increase",
                5,
                "temp_budget_expiry",
                "2030-01-01");
        asked.forEach((field, value) -> generate(Api.asMaster(), field, value)
                .statusCode(400)
                .body("error.param", equalTo(field))
                .body("error.message", containsString("not supported yet")));
        refuses(400, "metadata.temp_budget_increase", "metadata", Map.of("temp_budget_increase", 5));
        refuses(400, "object_permission.models", "object_permission", Map.of("models", List.of("m")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"user_id", "team_id", "organization_id", "budget_id"})
    void an_owner_that_does_not_exist_is_404_and_named(String field) {
        generate(Api.asMaster(), field, "no-such-thing")
                .statusCode(404)
                .body("error.param", equalTo(field))
                .body("error.message", containsString("no-such-thing"));
    }

    @Test
    void a_user_makes_no_key_for_somebody_else() {
        generate(Api.as(Owners.keyOfNewUser()), "user_id", Owners.user())
                .statusCode(403)
                .body("error.message", containsString("User can only create keys for themselves"));
    }

    @Test
    void a_team_of_others_looks_like_none_at_all() {
        var stranger = Api.as(Owners.keyOfTeamMember(Owners.team(null), "admin"));
        var foreign = Owners.team(Owners.organization());

        for (var field : Map.of(
                        "team_id", foreign, "organization_id", Owners.organization(), "budget_id", Owners.budget(1))
                .entrySet()) {
            var there = generate(stranger, field.getKey(), field.getValue())
                    .statusCode(404)
                    .extract()
                    .asString();
            var missing = generate(stranger, field.getKey(), "gone")
                    .statusCode(404)
                    .extract()
                    .asString();
            org.assertj.core.api.Assertions.assertThat(there.replace(field.getValue(), "gone"))
                    .isEqualTo(missing);
        }
    }

    @Test
    void a_member_without_the_permission_is_told_so() {
        var team = Owners.team(null);
        generate(Api.as(Owners.keyOfTeamMember(team, "user")), "team_id", team)
                .statusCode(403)
                .body("error.param", equalTo("team_id"));
    }

    @Test
    void an_organization_that_is_not_the_teams_is_refused() {
        refuses(
                400,
                "organization_id",
                "team_id",
                Owners.team(Owners.organization()),
                "organization_id",
                Owners.organization());
    }

    @Test
    void a_key_has_no_more_than_its_team_and_organization() {
        refuses(400, "tpm_limit", "team_id", Given.team("tpm_limit", 10), "tpm_limit", 11);
        refuses(400, "rpm_limit", "team_id", Given.team("rpm_limit", 10), "rpm_limit", 11);
        refuses(400, "max_budget", "team_id", Given.team("max_budget", 1), "max_budget", 1.01);
        refuses(400, "max_budget", "team_id", Given.team("max_budget", 1), "budget_id", Owners.budget(2_000_000_000L));
        refuses(400, "models", "team_id", Given.team("models", List.of("a", "b-*")), "models", List.of("b-1", "c"));
        refuses(400, "models", "team_id", Owners.team(Owners.organization("a")), "models", List.of("b"));
        refuses(400, "models", "organization_id", Owners.organization("a"), "models", List.of("all-proxy-models"));

        generate(
                        Api.asMaster(),
                        "team_id",
                        Given.team("models", List.of("a", "b-*")),
                        "models",
                        List.of("b-1", "a", "all-team-models"))
                .statusCode(200);
        generate(Api.asMaster(), "team_id", Given.team("models", List.of("a")), "tpm_limit", 5)
                .statusCode(200);
    }

    @Test
    void a_user_takes_no_more_than_they_have() {
        var user = Given.user("models", List.of("a"), "rpm_limit", 5);
        var caller = Api.as(Given.key("user_id", user));

        generate(caller, "models", List.of("b")).statusCode(400).body("error.param", equalTo("models"));
        generate(caller, "rpm_limit", 6).statusCode(400).body("error.param", equalTo("rpm_limit"));
        generate(caller, "models", List.of("a"), "rpm_limit", 5).statusCode(200);
    }

    @Test
    void a_key_has_no_tools_that_its_team_does_not_have() {
        var team = Given.team("object_permission", Map.of("mcp_servers", List.of("git")));

        refuses(
                400,
                "object_permission.mcp_servers",
                "team_id",
                team,
                "object_permission",
                Map.of("mcp_servers", List.of("git", "shell")));
        refuses(
                400,
                "object_permission.mcp_access_groups",
                "team_id",
                team,
                "object_permission",
                Map.of("mcp_access_groups", List.of("everything")));
        generate(Api.asMaster(), "team_id", team, "object_permission", Map.of("mcp_servers", List.of("git")))
                .statusCode(200);
    }

    @Test
    void a_confined_key_does_not_free_itself() {
        var confined = Api.as(Given.key("user_id", Owners.user("proxy_admin"), "allowed_routes", List.of("/key")));

        generate(confined).statusCode(403).body("error.param", equalTo("allowed_routes"));
        generate(confined, "allowed_routes", List.of("/team/new")).statusCode(403);
        generate(confined, "allowed_routes", List.of("/key/info")).statusCode(200);
        generate(confined, "key_type", "llm_api").statusCode(200);
    }

    @Test
    void only_proxy_admins_make_gateways() {
        generate(Api.as(Owners.keyOfNewUser()), "key_type", "gateway")
                .statusCode(403)
                .body("error.param", equalTo("key_type"));
        generate(Api.asMaster(), "key_type", "gateway").statusCode(200).body("key_type", equalTo("gateway"));
    }
}
