package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UpdateUserTest {

    @Test
    void the_answer_is_the_row_as_it_is_read() {
        var team = Given.team();
        var user = Given.user("teams", List.of(team));

        Api.asMaster()
                .post(
                        "/user/update",
                        body("user_id", user, "user_alias", "kim", "max_budget", 5, "budget_duration", "1d"))
                .then()
                .statusCode(200)
                .body("user_id", equalTo(user))
                .body("data.user_alias", equalTo("kim"))
                .body("data.max_budget", equalTo(5))
                .body("data.teams", equalTo(List.of(team)))
                .body("data", not(hasKey("password")));
    }

    @Test
    void an_address_alone_names_the_user() {
        var email = Given.unique("Kim") + "@example.org";
        var user = Given.user("user_email", email);

        Api.asMaster()
                .post("/user/update", body("user_email", email.toUpperCase(Locale.ROOT), "user_alias", "k"))
                .then()
                .statusCode(200)
                .body("user_id", equalTo(user))
                .body("data.user_email", equalTo(email))
                .body("data.user_alias", equalTo("k"));
    }

    @Test
    void a_user_that_is_not_there_is_not_made() {
        var id = Given.unique("none");

        refused(404, "user_id", body("user_id", id, "user_alias", "x"));
        refused(404, "user_email", body("user_email", id + "@example.org", "user_alias", "x"));
        assertThat(StoreAccess.queryOne("select 1 from app_user where user_id = ?", id))
                .isNull();
    }

    @Test
    void bad_input_is_refused_by_name_and_changes_nothing() {
        var user = Given.user("user_alias", "before");

        refused(422, "user_id", body("user_alias", "x"));
        for (var wrong : List.of(
                Map.entry("max_budget", (Object) (-1)),
                Map.entry("budget_duration", "x"),
                Map.entry("allowed_model_max_input_tokens", -1),
                Map.entry("spend", 1),
                Map.entry("password", "correct horse"),
                Map.entry("teams", List.of("t")),
                Map.entry("model_max_budget", Map.of("o3", Map.of("colour", 1))),
                Map.entry("metadata", Map.of("model_max_budget", Map.of("o3", 1))))) {
            var change = body("user_id", user, "user_alias", "after", wrong.getKey(), wrong.getValue());
            Api.asMaster().post("/user/update", change).then().statusCode(400);
        }
        refused(422, "user_role", body("user_id", user, "user_role", "org_admin"));
        refused(422, "models", body("user_id", user, "models", "gpt-4o"));
        refused(422, "allowed_model_region", body("user_id", user, "allowed_model_region", "E U"));
        refused(400, "soft_budget", body("user_id", user, "max_budget", 1, "soft_budget", 2));
        assertThat(StoreAccess.queryOne("select user_alias from app_user where user_id = ?", user))
                .isEqualTo("before");
    }

    @Test
    void taken_names_are_conflicts() {
        var email = Given.unique("kim") + "@example.org";
        var sso = Given.unique("sso");
        Given.user("user_email", email, "sso_user_id", sso);
        var other = Given.user();

        refused(409, "user_email", body("user_id", other, "user_email", " " + email.toUpperCase(Locale.ROOT)))
                .then()
                .body("error.message", containsString("already exists"));
        refused(409, "sso_user_id", body("user_id", other, "sso_user_id", sso))
                .then()
                .body("error.message", containsString("already exists"));
    }

    @Test
    void users_change_how_their_name_is_shown_and_nothing_else_of_their_own() {
        var user = Tenants.user("user_role", "internal_user", "user_email", Given.unique("u") + "@example.org");
        var api = Api.as(user.key());

        api.post("/user/update", body("user_id", user.userId(), "user_alias", "me"))
                .then()
                .statusCode(200)
                .body("data.user_alias", equalTo("me"));
        for (var change : List.of(
                body("max_budget", 1000),
                body("max_budget", null),
                body("model_max_budget", Map.of()),
                body("spend", 0),
                body("object_permission", null),
                body("models", List.of()),
                body("rpm_limit", null),
                body("user_role", "proxy_admin"),
                body("user_email", "other@example.org"),
                body("metadata", Map.of()),
                body("blocked", false),
                body("allowed_model_region", null))) {
            change.put("user_id", user.userId());
            var field = change.keySet().stream()
                    .filter(name -> !name.equals("user_id"))
                    .findFirst()
                    .orElseThrow();
            api.post("/user/update", change)
                    .then()
                    .statusCode(403)
                    .body("error.message", containsString("cannot modify '" + field + "' on their own record"));
        }
    }

    @Test
    void of_others_nobody_learns_whether_they_exist() {
        var other = Given.user("user_email", Given.unique("o") + "@example.org");
        var organization = Given.organization();
        for (var key : List.of(
                Tenants.user("user_role", "internal_user").key(),
                Tenants.adminOf(organization).key())) {
            var there = Api.as(key).post("/user/update", body("user_id", other, "user_alias", "x"));
            var missing = Api.as(key).post("/user/update", body("user_id", Given.unique("none"), "user_alias", "x"));

            there.then().statusCode(403);
            assertThat(there.asString()).isEqualTo(missing.asString());
        }
        Api.as(Given.keyOfUserWithRole("proxy_admin_viewer"))
                .post("/user/update", body("user_id", other, "user_alias", "x"))
                .then()
                .statusCode(403);
        Api.asNobody().post("/user/update", body("user_id", other)).then().statusCode(401);
    }

    @Test
    void two_changes_of_different_fields_both_survive() {
        var user = Given.user();
        var fields = List.of("tpm_limit", "rpm_limit", "max_parallel_requests", "allowed_model_max_input_tokens");

        var running = IntStream.range(0, 24)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> Api.asMaster()
                        .post("/user/update", body("user_id", user, fields.get(i % 4), 100 + i))
                        .statusCode()))
                .toList();

        assertThat(running.stream().map(CompletableFuture::join)).containsOnly(200);
        var after = Api.asMaster().get("/user/info", Map.of("user_id", user)).jsonPath();
        for (var field : fields) {
            assertThat(after.getInt("user_info." + field)).isGreaterThanOrEqualTo(100);
        }
    }

    @Test
    void a_blocked_users_keys_are_refused_at_once_and_usable_again() {
        var user = Given.user();
        var key = Given.key("user_id", user);
        var team = Given.team();
        var inTeam = Given.key("user_id", user, "team_id", team);
        assertThat(admitted(key)).isTrue();
        assertThat(admitted(inTeam)).isTrue();

        Api.asMaster().create("/user/update", body("user_id", user, "blocked", true));
        for (var blocked : List.of(key, inTeam)) {
            admission(blocked)
                    .then()
                    .body("admitted", equalTo(false))
                    .body("refusal.reason", equalTo("blocked"))
                    .body("refusal.scope", equalTo("user"));
            Api.as(blocked).get("/user/info").then().statusCode(401);
        }

        Api.asMaster().create("/user/update", body("user_id", user, "blocked", false));
        assertThat(admitted(key)).isTrue();
        assertThat(admitted(inTeam)).isTrue();
        assertThat(StoreAccess.queryOne(
                        "select string_agg(action, ' ' order by at) from audit_log where object_kind = 'user' and object_id = ?",
                        user))
                .isEqualTo("created blocked unblocked");
    }

    @Test
    void a_key_that_was_blocked_by_itself_stays_blocked_when_its_user_comes_back() {
        var user = Given.user();
        var key = Given.key("user_id", user);
        Api.asMaster().create("/key/block", body("key", key));
        Api.asMaster().create("/user/update", body("user_id", user, "blocked", true));
        Api.asMaster().create("/user/update", body("user_id", user, "blocked", false));

        admission(key).then().body("admitted", equalTo(false)).body("refusal.scope", equalTo("key"));
    }

    @Test
    void a_change_is_recorded_with_before_and_after() {
        var user = Given.user("user_alias", "before");
        Api.asMaster().create("/user/update", body("user_id", user, "user_alias", "after"));

        assertThat(StoreAccess.queryOne("""
                        select action || ' ' || (before_value ->> 'user_alias') || ' ' || (after_value ->> 'user_alias') || ' ' || actor_user_id
                        from audit_log where object_kind = 'user' and object_id = ? and action <> 'created'""", user)).isEqualTo("updated before after default_user_id");
    }

    private static boolean admitted(String key) {
        return admission(key).jsonPath().getBoolean("admitted");
    }

    private static Response admission(String key) {
        return Api.asMaster().post("/v1/admissions", Admissions.request(key));
    }

    private static Response refused(int status, String field, Map<String, Object> change) {
        var answer = Api.asMaster().post("/user/update", change);
        answer.then().statusCode(status).body("error.param", equalTo(field));
        return answer;
    }
}
