package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

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
class CreateTeamTest {

    @Test
    void a_team_is_answered_with_every_key_that_clients_know() {
        var team = Api.asMaster().create("/team/new", body("team_alias", "ml"));

        assertThat(team.getMap("$").keySet())
                .containsExactlyInAnyOrder(
                        "team_alias",
                        "team_id",
                        "organization_id",
                        "admins",
                        "members",
                        "members_with_roles",
                        "team_member_permissions",
                        "metadata",
                        "tpm_limit",
                        "rpm_limit",
                        "tpd_limit",
                        "max_budget",
                        "soft_budget",
                        "budget_duration",
                        "budget_limits",
                        "models",
                        "blocked",
                        "router_settings",
                        "access_group_ids",
                        "default_team_member_models",
                        "spend",
                        "max_parallel_requests",
                        "budget_reset_at",
                        "model_id",
                        "model_spend",
                        "model_max_budget",
                        "policies",
                        "allow_team_guardrail_config",
                        "litellm_model_table",
                        "object_permission",
                        "object_permission_id",
                        "created_at",
                        "updated_at");
        assertThat(team.getList("admins")).isEmpty();
        assertThat(team.getMap("model_spend")).isEmpty();
        assertThat(team.getBoolean("blocked")).isFalse();
        assertThat(team.getString("created_at")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
    }

    @Test
    void limits_are_kept_as_they_were_sent() {
        var organization = Given.organization("max_budget", 100, "rpm_limit", 2000);

        Api.asMaster()
                .post(
                        "/team/new",
                        body(
                                "organization_id",
                                organization,
                                "max_budget",
                                50.125,
                                "soft_budget",
                                0.000000001,
                                "budget_duration",
                                "30d",
                                "rpm_limit",
                                1000,
                                "tpm_limit",
                                0,
                                "max_parallel_requests",
                                7,
                                "models",
                                List.of("gpt-4o"),
                                "blocked",
                                true,
                                "tags",
                                List.of("search"),
                                "guardrails",
                                List.of("pii"),
                                "model_rpm_limit",
                                Map.of("gpt-4o", 10),
                                "model_aliases",
                                Map.of("fast", "gpt-4o"),
                                "metadata",
                                Map.of("cost-center", 7),
                                "object_permission",
                                Map.of(
                                        "mcp_servers",
                                        List.of("github"),
                                        "mcp_tool_permissions",
                                        Map.of("github", List.of("x"))),
                                "team_member_permissions",
                                List.of("/key/generate")))
                .then()
                .statusCode(200)
                .body("organization_id", equalTo(organization))
                .body("max_budget", equalTo(50.125f))
                .body("rpm_limit", equalTo(1000))
                .body("tpm_limit", equalTo(0))
                .body("max_parallel_requests", equalTo(7))
                .body("budget_reset_at", matchesPattern("\\d{4}-\\d\\d-01T00:00:00.000000Z"))
                .body("models", equalTo(List.of("gpt-4o")))
                .body("blocked", equalTo(true))
                .body("metadata.cost-center", equalTo(7))
                .body("metadata.tags", equalTo(List.of("search")))
                .body("metadata.guardrails", equalTo(List.of("pii")))
                .body("metadata.model_rpm_limit.gpt-4o", equalTo(10))
                .body("litellm_model_table.model_aliases.fast", equalTo("gpt-4o"))
                .body("object_permission.mcp_servers", equalTo(List.of("github")))
                .body("object_permission.mcp_tool_permissions.github", equalTo(List.of("x")))
                .body("object_permission_id", notNullValue())
                .body("team_member_permissions", equalTo(List.of("/key/generate")));
    }

    @Test
    void the_smallest_amount_is_written_in_plain_digits() {
        var answer = Api.asMaster()
                .post("/team/new", body("soft_budget", 0.000000001))
                .asString();

        assertThat(answer).contains("\"soft_budget\":0.000000001");
    }

    @Test
    void the_creator_becomes_admin_and_named_members_are_made_on_the_way() {
        var email = Given.unique("New") + "@example.org";
        var known = Given.user("user_email", Given.unique("known") + "@example.org");

        Api.asMaster()
                .post(
                        "/team/new",
                        body(
                                "members_with_roles",
                                List.of(
                                        Map.of("role", "user", "user_email", email),
                                        Map.of("role", "admin", "user_id", known))))
                .then()
                .statusCode(200)
                .body("members_with_roles.user_id", hasItems("default_user_id", known))
                .body("members_with_roles.user_email", hasItem(email))
                .body("members_with_roles.find { it.user_id == 'default_user_id' }.role", equalTo("admin"))
                .body("members_with_roles.find { it.user_id == '" + known + "' }.role", equalTo("admin"))
                .body("members_with_roles.find { it.user_email == '" + email + "' }.role", equalTo("user"));

        assertThat(StoreAccess.queryOne("select user_role from app_user where user_email = ?", email))
                .isEqualTo("internal_user");
    }

    @Test
    void an_address_finds_its_user_in_any_case() {
        var name = Given.unique("kim");
        var user = Given.user("user_email", name + "@Example.org");

        Api.asMaster()
                .post(
                        "/team/new",
                        body(
                                "members_with_roles",
                                List.of(Map.of("role", "user", "user_email", name + "@example.ORG"))))
                .then()
                .statusCode(200)
                .body("members_with_roles.user_id", hasItem(user));
    }

    @Test
    void member_defaults_become_one_budget_that_the_metadata_names() {
        var team = Api.asMaster()
                .create(
                        "/team/new",
                        body("team_member_budget", 5, "budget_duration", "1d", "team_member_rpm_limit", 3));

        var budget = team.getString("metadata.team_member_budget_id");
        assertThat(StoreAccess.queryOne(
                        "select max_budget_nano || ' ' || budget_duration || ' ' || rpm_limit || ' ' || owner_kind from budget where budget_id = ?",
                        budget))
                .isEqualTo("5000000000 1d 3 team_member_default");
    }

    @Test
    void a_creation_is_recorded_in_its_transaction() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization, "team_alias", "audited");

        assertThat(StoreAccess.queryOne(
                        "select action || ' ' || actor_user_id || ' ' || organization_id || ' ' || (after_value ->> 'team_alias') from audit_log where object_kind = 'team' and object_id = ?",
                        team))
                .isEqualTo("created default_user_id " + organization + " audited");
    }

    @Test
    void an_organization_admin_creates_teams_in_the_own_organization() {
        var organization = Given.organization();
        var admin = Tenants.adminOf(organization);

        Api.as(admin.key())
                .post("/team/new", body("organization_id", organization, "max_budget", null))
                .then()
                .statusCode(200)
                .body("organization_id", equalTo(organization))
                .body("max_budget", nullValue())
                .body("members_with_roles.user_id", equalTo(List.of(admin.userId())));
    }
}
