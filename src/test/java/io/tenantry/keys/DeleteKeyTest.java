package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class DeleteKeyTest {

    private static ValidatableResponse delete(Api caller, String... keys) {
        return caller.post("/key/delete", Map.of("keys", List.of(keys))).then();
    }

    private static boolean exists(String key) {
        return StoreAccess.queryOne("select 1 from api_key where secret_hash = ?", SecretHash.of(key)) != null;
    }

    @Test
    void deleted_keys_are_gone_kept_and_audited() {
        var first = Api.asMaster().create("/key/generate", Map.of("object_permission", Map.of("agents", List.of("a"))));
        var second = Given.key();

        delete(Api.asMaster(), first.getString("key"), SecretHash.of(second))
                .statusCode(200)
                .body("deleted_keys", equalTo(List.of(first.getString("key"), SecretHash.of(second))));

        Api.as(second).get("/key/info").then().statusCode(401);
        assertThat(exists(first.getString("key"))).isFalse();
        assertThat(StoreAccess.queryOne(
                        "select deleted_by from deleted_api_key where key_id = cast(? as uuid)",
                        first.getString("key_id")))
                .isEqualTo("default_user_id");
        assertThat(StoreAccess.queryOne(
                        "select 1 from object_permission where object_permission_id = ?",
                        first.getString("object_permission_id")))
                .isNull();
        assertThat(StoreAccess.queryOne(
                        "select audit_log::text from audit_log where object_id = ? and action = 'deleted'",
                        first.getString("key_id")))
                .isNotNull()
                .doesNotContain(first.getString("key"))
                .doesNotContain(first.getString("token"));
    }

    @Test
    void a_proxy_admin_may_name_some_that_are_gone_but_not_all() {
        var key = Given.key();

        delete(Api.asMaster(), "sk-gone-already", key).statusCode(200);
        delete(Api.asMaster(), "sk-gone-already", key).statusCode(404).body("error.param", equalTo("key"));
    }

    @Test
    void users_delete_their_own_and_team_admins_their_teams() {
        var user = Owners.user();
        var team = Owners.team(null);
        var own = Given.key("user_id", user);

        delete(Api.as(Given.key("user_id", user)), own).statusCode(200);
        delete(Api.as(Owners.keyOfTeamMember(team, "admin")), Given.key("team_id", team))
                .statusCode(200);
    }

    @Test
    void one_that_is_not_theirs_keeps_all_others() {
        var user = Owners.user();
        var own = Given.key("user_id", user);
        var foreign = Given.key("team_id", Owners.team(null));
        var caller = Api.as(Given.key("user_id", user));

        delete(caller, own, foreign).statusCode(404);
        delete(caller, own, "sk-gone-already").statusCode(404);
        assertThat(exists(own)).isTrue();
        assertThat(exists(foreign)).isTrue();
    }

    @Test
    void a_member_sees_a_team_key_and_may_not_delete_it() {
        var team = Owners.team(null);
        var key = Given.key("team_id", team);

        delete(Api.as(Owners.keyOfTeamMember(team, "user")), key).statusCode(403);
        assertThat(exists(key)).isTrue();
    }

    @Test
    void those_who_only_look_delete_nothing() {
        delete(Api.as(Given.key("user_id", Owners.user("proxy_admin_viewer"))), "sk-any")
                .statusCode(403);
        delete(Api.as(Given.key()), "sk-any").statusCode(403);
        delete(Api.asNobody(), "sk-any").statusCode(401);
    }

    @Test
    void an_alias_deletes_within_the_callers_reach_only() {
        var alias = Given.unique("alias");
        var team = Owners.team(null);
        var own = Given.key("team_id", team, "key_alias", alias);
        var foreign = Given.key("team_id", Owners.team(null), "key_alias", alias);
        var admin = Api.as(Owners.keyOfTeamMember(team, "admin"));

        Api.asMaster()
                .post("/key/delete", Map.of("key_aliases", List.of(alias)))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("key_aliases"));
        admin.post("/key/delete", Map.of("key_aliases", List.of(alias)))
                .then()
                .statusCode(200)
                .body("deleted_keys", equalTo(List.of(alias)));
        assertThat(exists(own)).isFalse();
        assertThat(exists(foreign)).isTrue();
        admin.post("/key/delete", Map.of("key_aliases", List.of(alias)))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("key_aliases"));
    }

    @Test
    void a_request_that_names_nothing_or_too_much_is_422() {
        for (var body : List.of(
                Map.of(),
                Map.of("keys", List.of()),
                Map.of("keys", Collections.nCopies(501, "sk-any")),
                Map.of("keys", "sk-any"))) {
            Api.asMaster().post("/key/delete", body).then().statusCode(422).body("error.param", equalTo("keys"));
        }
    }
}
