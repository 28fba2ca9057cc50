package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class CreateTeamRefusedTest {

    @Test
    void without_a_credential_nothing_is_made() {
        Api.asNobody().post("/team/new", body("team_alias", "x")).then().statusCode(401);
    }

    @Test
    void an_ordinary_user_may_not() {
        var user = Tenants.user("user_role", "internal_user");

        Api.as(user.key())
                .post("/team/new", body("team_alias", "x"))
                .then()
                .statusCode(403)
                .body("error.message", containsString("Not allowed"));
    }

    @Test
    void a_plain_member_of_an_organization_may_not() {
        var organization = Given.organization();
        var member = Tenants.memberOf(organization, "internal_user");

        Api.as(member.key())
                .post("/team/new", body("organization_id", organization))
                .then()
                .statusCode(403);
    }

    @Test
    void a_viewer_may_not() {
        var viewer = Tenants.user("user_role", "proxy_admin_viewer");

        Api.as(viewer.key()).post("/team/new", body("team_alias", "x")).then().statusCode(403);
    }

    @Test
    void an_organization_admin_may_not_make_one_outside_of_organizations() {
        var admin = Tenants.adminOf(Given.organization());

        Api.as(admin.key())
                .post("/team/new", body("team_alias", "x"))
                .then()
                .statusCode(403)
                .body("error.param", equalTo("organization_id"));
    }

    @Test
    void somebody_elses_organization_is_answered_like_a_missing_one() {
        var foreign = Given.organization();
        var admin = Tenants.adminOf(Given.organization());
        var missing = Given.unique("org");

        var toForeign = Api.as(admin.key()).post("/team/new", body("organization_id", foreign));
        var toMissing = Api.as(admin.key()).post("/team/new", body("organization_id", missing));

        assertThat(toForeign.statusCode()).isEqualTo(404).isEqualTo(toMissing.statusCode());
        assertThat(toForeign.asString().replace(foreign, "?"))
                .isEqualTo(toMissing.asString().replace(missing, "?"));
    }

    @Test
    void a_taken_id_is_a_conflict_that_names_it() {
        var team = Given.team();

        Api.asMaster()
                .post("/team/new", body("team_id", team))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("team_id"))
                .body("error.message", containsString(team));
    }

    @Test
    void the_reserved_id_is_refused() {
        Api.asMaster()
                .post("/team/new", body("team_id", "litellm-dashboard"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("team_id"));
    }

    @Test
    void negative_limits_are_refused_by_name() {
        for (var field : List.of(
                "max_budget",
                "soft_budget",
                "tpm_limit",
                "rpm_limit",
                "max_parallel_requests",
                "team_member_budget",
                "team_member_rpm_limit")) {
            refused(400, field, body(field, -1));
        }
        refused(400, "model_rpm_limit.gpt-4o", body("model_rpm_limit", Map.of("gpt-4o", -1)));
    }

    @Test
    void an_unreadable_duration_is_refused_by_name() {
        refused(400, "budget_duration", body("budget_duration", "soon"));
        refused(400, "budget_duration", body("budget_duration", "2mo"));
        refused(400, "team_member_budget_duration", body("team_member_budget_duration", "0d"));
    }

    @Test
    void a_soft_budget_above_the_hard_one_is_refused() {
        refused(400, "soft_budget", body("max_budget", 5, "soft_budget", 5));
    }

    @Test
    void a_wrong_type_is_refused_by_name() {
        refused(422, "max_budget", body("max_budget", "much"));
        refused(422, "models", body("models", "gpt-4o"));
        refused(422, "rpm_limit", body("rpm_limit", 1.5));
        refused(422, "team_alias", body("team_alias", 5));
        refused(422, "max_parallel_requests", body("max_parallel_requests", 5_000_000_000L));
        refused(422, "metadata", body("metadata", List.of()));
    }

    @Test
    void a_member_without_a_role_or_a_name_is_refused() {
        var withoutRole = body("members_with_roles", List.of(Map.of("user_id", "u-1")));
        var withoutName = body("members_with_roles", List.of(Map.of("role", "user")));

        Api.asMaster()
                .post("/team/new", withoutRole)
                .then()
                .statusCode(422)
                .body("error.message", containsString("role"));
        Api.asMaster()
                .post("/team/new", withoutName)
                .then()
                .statusCode(422)
                .body("error.message", containsString("user_id"));
    }

    @Test
    void id_and_address_of_different_users_are_refused_and_nobody_is_made() {
        var email = Given.unique("a") + "@example.org";
        Given.user("user_email", email);
        var other = Given.user("user_email", Given.unique("b") + "@example.org");
        var team = Given.unique("team");

        Api.asMaster()
                .post(
                        "/team/new",
                        body(
                                "team_id",
                                team,
                                "members_with_roles",
                                List.of(Map.of("role", "user", "user_id", other, "user_email", email))))
                .then()
                .statusCode(400);

        assertThat(StoreAccess.queryOne("select team_id from team where team_id = ?", team))
                .isNull();
    }

    @Test
    void what_nothing_would_enforce_is_refused_by_name() {
        var values = Map.of(
                "router_settings", Map.of("x", 1),
                "policies", List.of("p"),
                "throttle_on_budget_exceeded", true,
                "admins", List.of("u"),
                "secret_manager_settings", Map.of("x", 1),
                "prompts", List.of("p"));
        values.forEach((field, value) -> refused(400, field, body(field, value)));
        refused(400, "object_permission.models", body("object_permission", Map.of("models", List.of("t"))));
        refused(400, "metadata.rpm_limit_type", body("metadata", Map.of("rpm_limit_type", "guaranteed_throughput")));
    }

    @Test
    void asking_for_nothing_is_fine_and_foreign_fields_are_ignored() {
        Api.asMaster()
                .post(
                        "/team/new",
                        body(
                                "budget_limits",
                                null,
                                "model_max_budget",
                                Map.of(),
                                "access_group_ids",
                                List.of(),
                                "disable_global_guardrails",
                                false,
                                "colour",
                                "blue"))
                .then()
                .statusCode(200);
    }

    @Test
    void a_team_may_not_have_more_than_its_organization() {
        var organization = Given.organization(
                "max_budget",
                10,
                "rpm_limit",
                100,
                "tpm_limit",
                1000,
                "max_parallel_requests",
                4,
                "models",
                List.of("gpt-4o"));

        refused(400, "max_budget", body("organization_id", organization, "max_budget", 10.000000001));
        refused(400, "rpm_limit", body("organization_id", organization, "rpm_limit", 101));
        refused(400, "tpm_limit", body("organization_id", organization, "tpm_limit", 1001));
        refused(400, "max_parallel_requests", body("organization_id", organization, "max_parallel_requests", 5));
        refused(400, "models", body("organization_id", organization, "models", List.of("gpt-4o", "o3")));
        Api.asMaster()
                .post(
                        "/team/new",
                        body(
                                "organization_id",
                                organization,
                                "max_budget",
                                10,
                                "rpm_limit",
                                100,
                                "models",
                                List.of("gpt-4o")))
                .then()
                .statusCode(200);
    }

    @Test
    void a_text_that_is_too_long_is_the_callers_fault() {
        // random, so that no compression makes it short enough for an index
        var random = new Random(7);
        var endless =
                random.ints(20_000, 'a', 'z').mapToObj(Character::toString).collect(Collectors.joining());
        refused(422, "team_alias", body("team_alias", endless));
        refused(422, "models.0", body("models", List.of(endless)));
        refused(
                422,
                "members_with_roles.0.user_email",
                body("members_with_roles", List.of(Map.of("role", "user", "user_email", endless + "@example.org"))));
        for (var route : Map.of(
                        "/organization/new",
                        "organization_alias",
                        "/user/new",
                        "user_alias",
                        "/key/generate",
                        "key_alias")
                .entrySet()) {
            Api.asMaster()
                    .post(route.getKey(), body(route.getValue(), endless))
                    .then()
                    .statusCode(422)
                    .body("error.param", equalTo(route.getValue()));
        }
    }

    @Test
    void broken_json_and_no_body_are_the_callers_fault() {
        Api.asMaster().post("/team/new", "{").then().statusCode(400);
        Api.asMaster().post("/team/new", "{\"models\": [}").then().statusCode(400);
        Api.asMaster().post("/team/new", "null").then().statusCode(422);
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster()
                .post("/team/new", body)
                .then()
                .statusCode(status)
                .body("error.param", equalTo(field))
                .body("error.code", equalTo(String.valueOf(status)));
    }
}
