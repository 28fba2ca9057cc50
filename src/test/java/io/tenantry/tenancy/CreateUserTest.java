package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class CreateUserTest {

    @Test
    void a_user_is_made_with_limits_and_without_a_key_where_none_is_wanted() {
        var user = Api.asMaster()
                .create(
                        "/user/new",
                        body(
                                "user_email",
                                " " + Given.unique("Kim") + "@example.org ",
                                "user_role",
                                "internal_user",
                                "max_budget",
                                100,
                                "budget_duration",
                                "30d",
                                "rpm_limit",
                                3,
                                "auto_create_key",
                                false));

        assertThat(user.getString("key")).isEmpty();
        assertThat(user.getMap("$"))
                .containsKeys(
                        "token",
                        "token_id",
                        "expires",
                        "teams",
                        "user_alias",
                        "spend",
                        "model_max_budget",
                        "created_at");
        assertThat(user.getString("user_email")).startsWith("Kim");
        assertThat(user.getInt("max_budget")).isEqualTo(100);
        assertThat(StoreAccess.queryOne(
                        "select max_budget_nano || ' ' || rpm_limit from app_user where user_id = ?",
                        user.getString("user_id")))
                .isEqualTo("100000000000 3");
    }

    @Test
    void teams_and_organizations_are_joined() {
        var organization = Given.organization();
        var plain = Given.team();
        var own = Given.team();
        var user = Given.user(
                "organizations", List.of(organization),
                "teams", List.of(plain, Map.of("team_id", own, "max_budget_in_team", 2, "user_role", "admin")));

        Api.asMaster()
                .get("/team/info", Map.of("team_id", own))
                .then()
                .body(
                        "team_memberships.find { it.user_id == '" + user + "' }.litellm_budget_table.max_budget",
                        equalTo(2))
                .body("team_info.members_with_roles.find { it.user_id == '" + user + "' }.role", equalTo("admin"));
        Api.asMaster()
                .get("/user/info", Map.of("user_id", user))
                .then()
                .body("user_info.teams", hasItems(plain, own))
                .body("user_info.organization_memberships[0].organization_id", equalTo(organization))
                .body("user_info.organization_memberships[0].user_role", equalTo("internal_user"));
    }

    @Test
    void an_unknown_team_or_organization_leaves_nothing_behind() {
        var user = Given.unique("user");

        refused(404, "teams", body("user_id", user, "teams", List.of(Given.team(), Given.unique("no"))));
        refused(404, "organizations", body("user_id", user, "organizations", List.of(Given.unique("no"))));

        assertThat(StoreAccess.queryOne("select user_id from app_user where user_id = ?", user))
                .isNull();
    }

    @Test
    void taken_names_are_conflicts_that_name_the_field() {
        var email = Given.unique("Kim") + "@example.org";
        var sso = Given.unique("sso");
        var user = Given.user("user_email", email, "sso_user_id", sso);

        refused(409, "user_id", body("user_id", user));
        refused(409, "user_email", body("user_email", " " + email.toUpperCase(Locale.ROOT)));
        refused(409, "sso_user_id", body("sso_user_id", sso));
    }

    @Test
    void what_only_a_key_has_is_given_to_the_key_that_is_made() {
        var made = Api.asMaster()
                .create(
                        "/user/new",
                        body(
                                "models",
                                List.of("small"),
                                "aliases",
                                Map.of("fast", "small"),
                                "guardrails",
                                List.of("no-secrets"),
                                "tags",
                                List.of("cost-centre-7"),
                                "model_rpm_limit",
                                Map.of("small", 1),
                                "model_tpm_limit",
                                Map.of("small", 100_000)));

        var key = Api.asMaster()
                .get("/key/info", Map.of("key", made.getString("key")))
                .jsonPath();
        assertThat(key.<Object>get("info.aliases")).isEqualTo(Map.of("fast", "small"));
        assertThat(key.getList("info.metadata.guardrails")).isEqualTo(List.of("no-secrets"));
        assertThat(key.getList("info.metadata.tags")).isEqualTo(List.of("cost-centre-7"));
        assertThat(key.getInt("info.metadata.model_rpm_limit.small")).isEqualTo(1);
        assertThat(key.getInt("info.metadata.model_tpm_limit.small")).isEqualTo(100_000);
        assertThat(made.<Object>get("aliases")).isEqualTo(Map.of("fast", "small"));
        for (var admitted : List.of(true, false)) {
            assertThat(Api.asMaster()
                            .create("/v1/admissions", Admissions.request(made.getString("key"), "model", "fast"))
                            .getBoolean("admitted"))
                    .isEqualTo(admitted);
        }
    }

    @Test
    void a_user_without_a_key_is_given_nothing_of_a_key() {
        for (var field : List.of("guardrails", "tags")) {
            refused(400, field, body("auto_create_key", false, field, List.of("x")));
        }
        for (var field : List.of("aliases", "model_rpm_limit", "model_tpm_limit")) {
            refused(
                    400,
                    field,
                    body("auto_create_key", false, field, Map.of("m", field.equals("aliases") ? (Object) "n" : 1)));
        }
        assertThat(Api.asMaster()
                        .create("/user/bulk_create", List.of(body("tags", List.of("x"))))
                        .getString("results[0].error"))
                .contains("tags");
    }

    @Test
    void bad_input_is_refused_by_name() {
        refused(422, "user_role", body("user_role", "org_admin"));
        refused(400, "max_budget", body("max_budget", -1));
        refused(400, "budget_duration", body("budget_duration", "x"));
        refused(400, "duration", body("duration", "x"));
        refused(400, "user_id", body("user_id", "a/b"));
        refused(422, "models", body("models", "gpt-4o"));
        refused(400, "password", body("password", "correct horse"));
        refused(400, "metadata.model_rpm_limit", body("metadata", Map.of("model_rpm_limit", Map.of("o3", 1))));
        Api.asMaster()
                .post("/user/new", body("model_rpm_limit", Map.of("o3", -1)))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("model_rpm_limit.o3"));
        Api.asMaster()
                .post("/user/new", body("models", List.of("small"), "aliases", Map.of("fast", "big")))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("aliases"));
        refused(400, "send_invite_email", body("send_invite_email", true));
        Api.asMaster()
                .post("/user/new", body("spend", 0, "config", Map.of(), "auto_create_key", false))
                .then()
                .statusCode(200);
    }

    @Test
    void an_organization_admin_makes_users_in_the_own_organization_only() {
        var organization = Given.organization();
        var admin = Api.as(Tenants.adminOf(organization).key());

        admin.post("/user/new", body("organization_id", organization, "auto_create_key", false))
                .then()
                .statusCode(200);
        admin.post("/user/new", body("organization_id", Given.organization(), "auto_create_key", false))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("organization_id"));
        admin.post(
                        "/user/new",
                        body(
                                "organizations",
                                List.of(organization),
                                "teams",
                                List.of(Given.team()),
                                "auto_create_key",
                                false))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("teams"));
        admin.post("/user/new", body("auto_create_key", false))
                .then()
                .statusCode(403)
                .body("error.param", equalTo("organization_id"));
        for (var role : List.of("proxy_admin", "proxy_admin_viewer")) {
            admin.post("/user/new", body("organization_id", organization, "user_role", role, "auto_create_key", false))
                    .then()
                    .statusCode(403)
                    .body("error.param", equalTo("user_role"));
        }
    }

    @Test
    void nobody_else_may() {
        Api.asNobody().post("/user/new", body()).then().statusCode(401);
        Api.as(Tenants.user("user_role", "internal_user").key())
                .post("/user/new", body())
                .then()
                .statusCode(403);
        Api.as(Tenants.inTeam(Given.team(), "admin").key())
                .post("/user/new", body())
                .then()
                .statusCode(403);
    }

    @Test
    void a_creation_is_recorded() {
        var user = Given.user("user_alias", "kim");

        assertThat(StoreAccess.queryOne(
                        "select action || ' ' || (after_value ->> 'user_alias') from audit_log where object_kind = 'user' and object_id = ?",
                        user))
                .isEqualTo("created kim");
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        body.putIfAbsent("auto_create_key", false);
        Api.asMaster().post("/user/new", body).then().statusCode(status).body("error.param", equalTo(field));
    }
}
