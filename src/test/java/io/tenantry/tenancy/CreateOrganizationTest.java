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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class CreateOrganizationTest {

    @Test
    void an_organization_is_answered_with_every_key_that_clients_know() {
        var organization = Api.asMaster()
                .create(
                        "/organization/new",
                        body(
                                "organization_alias",
                                "research",
                                "models",
                                List.of("gpt-4o"),
                                "max_budget",
                                100,
                                "budget_duration",
                                "30d"));

        assertThat(organization.getMap("$").keySet())
                .containsExactlyInAnyOrder(
                        "organization_id",
                        "organization_alias",
                        "budget_id",
                        "spend",
                        "metadata",
                        "models",
                        "blocked",
                        "members_may_create_teams",
                        "members_may_create_keys",
                        "strict_allocation",
                        "model_spend",
                        "created_by",
                        "updated_by",
                        "users",
                        "litellm_budget_table",
                        "object_permission",
                        "object_permission_id",
                        "created_at",
                        "updated_at");
        assertThat(organization.getMap("litellm_budget_table").keySet())
                .containsExactlyInAnyOrder(
                        "budget_id",
                        "soft_budget",
                        "max_budget",
                        "max_parallel_requests",
                        "tpm_limit",
                        "rpm_limit",
                        "tpd_limit",
                        "model_max_budget",
                        "budget_duration",
                        "allowed_models",
                        "temp_budget_increase",
                        "temp_budget_expiry");
        assertThat(organization.getString("created_by")).isEqualTo("default_user_id");
        assertThat(organization.getInt("litellm_budget_table.max_budget")).isEqualTo(100);
        assertThat(organization.getString("budget_id"))
                .isEqualTo(organization.getString("litellm_budget_table.budget_id"));
    }

    @Test
    void a_budget_is_made_even_without_limits() {
        Api.asMaster()
                .post("/organization/new", body("organization_alias", "x"))
                .then()
                .statusCode(200)
                .body("budget_id", notNullValue())
                .body("litellm_budget_table.max_budget", nullValue());
    }

    @Test
    void rates_per_model_and_tags_are_read_where_clients_look_for_them() {
        Api.asMaster()
                .post(
                        "/organization/new",
                        body(
                                "organization_alias",
                                "x",
                                "model_tpm_limit",
                                Map.of("o3", 9),
                                "tags",
                                List.of("a"),
                                "blocked",
                                true,
                                "metadata",
                                Map.of("k", "v", "model_rpm_limit", Map.of("o3", 1))))
                .then()
                .statusCode(200)
                .body("metadata.model_tpm_limit.o3", equalTo(9))
                .body("metadata.model_rpm_limit.o3", equalTo(1))
                .body("metadata.tags", equalTo(List.of("a")))
                .body("metadata.k", equalTo("v"))
                .body("blocked", equalTo(true));
    }

    @Test
    void a_shared_budget_is_linked_and_a_private_one_does_not_exist() {
        var shared = Given.unique("budget");
        StoreAccess.execute(
                "insert into budget (budget_id, max_budget_nano, created_by, updated_by) values (?, 7000000000, 't', 't')",
                shared);
        var organization = Api.asMaster().create("/organization/new", body("organization_alias", "x"));

        Api.asMaster()
                .post("/organization/new", body("organization_alias", "y", "budget_id", shared))
                .then()
                .statusCode(200)
                .body("litellm_budget_table.max_budget", equalTo(7));
        refused(404, "budget_id", body("organization_alias", "y", "budget_id", organization.getString("budget_id")));
        refused(404, "budget_id", body("organization_alias", "y", "budget_id", Given.unique("none")));
        refused(400, "budget_id", body("organization_alias", "y", "budget_id", shared, "max_budget", 1));
    }

    @Test
    void a_creation_is_recorded() {
        var organization = Given.organization();

        assertThat(StoreAccess.queryOne(
                        "select action || ' ' || organization_id from audit_log where object_kind = 'organization' and object_id = ?",
                        organization))
                .isEqualTo("created " + organization);
    }

    @Test
    void bad_input_is_refused_by_name() {
        var taken = Given.organization();

        refused(422, "organization_alias", body());
        refused(409, "organization_id", body("organization_alias", "x", "organization_id", taken));
        refused(400, "organization_id", body("organization_alias", "x", "organization_id", "a b"));
        refused(400, "organization_id", body("organization_alias", "x", "organization_id", "default_organization"));
        refused(400, "max_budget", body("organization_alias", "x", "max_budget", -1));
        refused(422, "max_budget", body("organization_alias", "x", "max_budget", "NaN"));
        refused(400, "budget_duration", body("organization_alias", "x", "budget_duration", "1y"));
        refused(400, "model_rpm_limit.o3", body("organization_alias", "x", "model_rpm_limit", Map.of("o3", -2)));
        refused(400, "tpd_limit", body("organization_alias", "x", "tpd_limit", -1));
        refused(400, "allowed_models", body("organization_alias", "x", "allowed_models", List.of("o3")));
    }

    @Test
    void only_a_proxy_admin_may() {
        var admin = Tenants.adminOf(Given.organization());
        var viewer = Tenants.user("user_role", "proxy_admin_viewer");

        Api.asNobody()
                .post("/organization/new", body("organization_alias", "x"))
                .then()
                .statusCode(401);
        Api.as(admin.key())
                .post("/organization/new", body("organization_alias", "x"))
                .then()
                .statusCode(403)
                .body("error.message", containsString("proxy admin"));
        Api.as(viewer.key())
                .post("/organization/new", body("organization_alias", "x"))
                .then()
                .statusCode(403);
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster().post("/organization/new", body).then().statusCode(status).body("error.param", equalTo(field));
    }
}
