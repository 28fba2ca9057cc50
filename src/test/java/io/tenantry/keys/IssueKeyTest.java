package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class IssueKeyTest {

    @Test
    void an_empty_body_makes_a_key_that_works() {
        var issued = Api.asMaster().create("/key/generate", Map.of());
        var secret = issued.getString("key");

        assertThat(secret).matches("sk-[A-Za-z0-9_-]{32}");
        assertThat(issued.getString("token")).isEqualTo(SecretHash.of(secret)).isEqualTo(issued.getString("token_id"));
        assertThat(issued.getString("key_name")).isEqualTo("sk-..." + secret.substring(secret.length() - 4));
        assertThat(issued.getString("created_by")).isEqualTo("default_user_id");
        assertThat(issued.getString("key_id")).hasSize(36);
        Api.as(secret).get("/key/info").then().statusCode(200);
    }

    @Test
    void the_answer_has_every_field_that_clients_read() {
        var issued = Api.asMaster().create("/key/generate", Map.of()).getMap("");

        assertThat(issued)
                .containsKeys(
                        "key",
                        "token",
                        "token_id",
                        "key_name",
                        "key_alias",
                        "duration",
                        "expires",
                        "spend",
                        "max_budget",
                        "budget_duration",
                        "budget_id",
                        "models",
                        "aliases",
                        "config",
                        "permissions",
                        "metadata",
                        "model_max_budget",
                        "router_settings",
                        "user_id",
                        "team_id",
                        "agent_id",
                        "organization_id",
                        "project_id",
                        "max_parallel_requests",
                        "tpm_limit",
                        "rpm_limit",
                        "model_rpm_limit",
                        "model_tpm_limit",
                        "rpm_limit_type",
                        "tpm_limit_type",
                        "guardrails",
                        "policies",
                        "prompts",
                        "tags",
                        "enforced_params",
                        "blocked",
                        "object_permission",
                        "allowed_cache_controls",
                        "allowed_routes",
                        "allowed_passthrough_routes",
                        "allowed_vector_store_indexes",
                        "access_group_ids",
                        "litellm_budget_table",
                        "created_by",
                        "updated_by",
                        "created_at",
                        "updated_at")
                .doesNotContainKey("budget_reset_at");
        assertThat((String) issued.get("created_at")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
    }

    @Test
    void what_is_asked_is_stored_and_shown_again() {
        var user = Owners.user();
        var team = Owners.team(null);
        var budget = Owners.budget(7_000_000_000L);
        var body = Given.body(
                "key_alias",
                "ci-bot",
                "duration",
                "30d",
                "models",
                List.of("fast", "slow"),
                "aliases",
                Map.of("f", "fast"),
                "metadata",
                Map.of("owner", "platform"),
                "max_budget",
                25.5,
                "soft_budget",
                20,
                "budget_duration",
                "30d",
                "budget_id",
                budget,
                "user_id",
                user,
                "team_id",
                team,
                "max_parallel_requests",
                3,
                "tpm_limit",
                90_000,
                "rpm_limit",
                0,
                "model_rpm_limit",
                Map.of("fast", 5),
                "model_tpm_limit",
                Map.of("slow", 50),
                "guardrails",
                List.of("pii"),
                "tags",
                List.of("search"),
                "blocked",
                false,
                "object_permission",
                Map.of("mcp_servers", List.of("git"), "mcp_tool_permissions", Map.of("git", List.of("log"))));

        var key = Api.asMaster().create("/key/generate", body).getString("key");
        var info = Api.asMaster().get("/key/info", Map.of("key", key)).jsonPath();

        for (var field : List.of("key_alias", "budget_duration", "budget_id", "user_id", "team_id")) {
            assertThat(info.getString("info." + field)).as(field).isEqualTo(body.get(field));
        }
        assertThat(info.getList("info.models")).isEqualTo(List.of("fast", "slow"));
        assertThat(info.getMap("info.aliases")).isEqualTo(Map.of("f", "fast"));
        assertThat(info.getDouble("info.max_budget")).isEqualTo(25.5);
        assertThat(info.getDouble("info.soft_budget")).isEqualTo(20);
        assertThat(info.getInt("info.max_parallel_requests")).isEqualTo(3);
        assertThat(info.getInt("info.tpm_limit")).isEqualTo(90_000);
        assertThat(info.getInt("info.rpm_limit")).isZero();
        assertThat(info.getMap("info.metadata"))
                .isEqualTo(Map.of(
                        "owner", "platform",
                        "model_rpm_limit", Map.of("fast", 5),
                        "model_tpm_limit", Map.of("slow", 50),
                        "guardrails", List.of("pii"),
                        "tags", List.of("search")));
        assertThat(info.getString("info.expires")).isNotNull();
        assertThat(info.getString("info.budget_reset_at")).isNotNull();
        assertThat(info.getDouble("info.litellm_budget_table.max_budget")).isEqualTo(7);
        assertThat(info.getList("info.object_permission.mcp_servers")).isEqualTo(List.of("git"));
        assertThat(info.getMap("info.object_permission.mcp_tool_permissions")).isEqualTo(Map.of("git", List.of("log")));
    }

    @Test
    void a_chosen_key_is_taken_as_it_is_and_only_once() {
        var chosen = Given.unique("sk-chosen");

        assertThat(Given.key("key", chosen)).isEqualTo(chosen);
        Api.asMaster()
                .post("/key/generate", Map.of("key", chosen))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("key"))
                .body("error.message", containsString("already exists"))
                .body("error.message", not(containsString(chosen)));
    }

    @Test
    void a_key_type_stands_for_its_routes() {
        for (var type : Map.of(
                        "llm_api", "llm_api_routes", "management", "management_routes", "read_only", "info_routes")
                .entrySet()) {
            var issued = Api.asMaster().create("/key/generate", Map.of("key_type", type.getKey()));
            assertThat(issued.getList("allowed_routes")).isEqualTo(List.of(type.getValue()));
        }
        var readOnly = Given.key("key_type", "read_only", "user_id", Owners.user("proxy_admin"));
        Api.as(readOnly).get("/key/info").then().statusCode(200);
        Api.as(readOnly)
                .post("/key/generate", Map.of())
                .then()
                .statusCode(403)
                .body("error.message", containsString("not allowed to call this route"));
    }

    @Test
    void an_internal_user_gets_a_key_of_their_own() {
        var user = Owners.user();
        var mine = Given.key("user_id", user);

        var made = Api.as(mine).create("/key/generate", Map.of());
        assertThat(made.getString("user_id")).isEqualTo(user);
        assertThat(made.getString("created_by")).isEqualTo(user);
        assertThat(Api.as(mine).create("/key/generate", Map.of("user_id", user)).getString("user_id"))
                .isEqualTo(user);
    }

    @Test
    void team_admins_permitted_members_and_organization_admins_make_team_keys() {
        var organization = Owners.organization();
        var team = Given.team("organization_id", organization, "team_member_permissions", List.of("/key/generate"));

        for (var caller : List.of(
                Owners.keyOfTeamMember(team, "admin"),
                Owners.keyOfTeamMember(team, "user"),
                Owners.keyOfOrganizationAdmin(organization))) {
            var made = Api.as(caller).create("/key/generate", Map.of("team_id", team));
            assertThat(made.getString("team_id")).isEqualTo(team);
            assertThat(made.getString("organization_id")).isEqualTo(organization);
        }
    }

    @Test
    void an_organization_admin_makes_organization_keys() {
        var organization = Owners.organization();
        var made = Api.as(Owners.keyOfOrganizationAdmin(organization))
                .create("/key/generate", Map.of("organization_id", organization));

        assertThat(made.getString("organization_id")).isEqualTo(organization);
    }

    @Test
    void an_alias_is_unique_for_its_owner_and_free_in_another_tenant() {
        var team = Owners.team(null);
        Given.key("key_alias", "bot", "team_id", team);

        Api.asMaster()
                .post("/key/generate", Map.of("key_alias", "bot", "team_id", team))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("key_alias"))
                .body("error.type", equalTo("bad_request_error"))
                .body("error.message", containsString("already exists"));
        Given.key("key_alias", "bot", "team_id", Owners.team(null));
    }

    @Test
    void the_making_is_audited_without_the_secret_or_its_hash() {
        var issued = Api.asMaster().create("/key/generate", Map.of("key_alias", Given.unique("a")));
        var entry = StoreAccess.queryOne(
                "select audit_log::text from audit_log where object_kind = 'key' and action = 'created' and object_id = ?",
                issued.getString("key_id"));

        assertThat(entry)
                .contains(issued.getString("key_alias"))
                .doesNotContain(issued.getString("key"))
                .doesNotContain(issued.getString("token"));
        assertThat(StoreAccess.queryOne(
                        "select count(*) from api_key where api_key::text like '%' || ? || '%'",
                        issued.getString("key")))
                .isEqualTo("0");
    }

    @Test
    void numbers_and_limits_that_ask_for_nothing_are_fine() {
        Api.asMaster()
                .post(
                        "/key/generate",
                        Given.body(
                                "max_budget",
                                "",
                                "spend",
                                0,
                                "auto_rotate",
                                false,
                                "config",
                                Map.of(),
                                "router_settings",
                                null,
                                "policies",
                                List.of(),
                                "no_such_field",
                                5))
                .then()
                .statusCode(200)
                .body("max_budget", equalTo(null))
                .body("", not(hasKey("no_such_field")));
    }

    @Test
    void metadata_that_was_read_can_be_written_again() {
        var metadata = Map.of("model_rpm_limit", Map.of("m", 4), "tags", List.of("x"), "team", "blue");
        var issued = Api.asMaster().create("/key/generate", Map.of("metadata", metadata));

        assertThat(issued.getMap("metadata")).isEqualTo(metadata);
        assertThat(StoreAccess.queryOne(
                        "select model_rpm_limit ->> 'm' from api_key where key_id = cast(? as uuid)",
                        issued.getString("key_id")))
                .isEqualTo("4");
    }
}
