package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

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
class BlockKeyTest {

    private static int block(String caller, String key) {
        return Api.as(caller).post("/key/block", Map.of("key", key)).statusCode();
    }

    @Test
    void a_blocked_key_cannot_call_until_it_is_unblocked() {
        var key = Given.key();

        Api.asMaster()
                .post("/key/block", Map.of("key", key))
                .then()
                .statusCode(200)
                .body("blocked", equalTo(true))
                .body("token", equalTo(SecretHash.of(key)));
        Api.as(key).get("/key/info").then().statusCode(401).body("error.message", containsString("Key is blocked"));

        Api.asMaster()
                .post("/key/unblock", Map.of("key", SecretHash.of(key)))
                .then()
                .statusCode(200)
                .body("blocked", equalTo(false));
        Api.as(key).get("/key/info").then().statusCode(200);
    }

    @Test
    void a_block_takes_a_new_version_and_says_who_did_it() {
        var admin = Owners.user("proxy_admin");
        var id = Api.asMaster().create("/key/generate", Map.of()).getString("key_id");
        var version = "select version from api_key where key_id = cast(? as uuid)";
        var before = Long.parseLong(StoreAccess.queryOne(version, id));

        var blocked = Api.as(Given.key("user_id", admin)).create("/key/block", Map.of("key", id));

        assertThat(Long.parseLong(StoreAccess.queryOne(version, id))).isGreaterThan(before);
        assertThat(blocked.getString("updated_by")).isEqualTo(admin);
        assertThat(blocked.getString("updated_at")).isGreaterThan(blocked.getString("created_at"));
    }

    @Test
    void blocking_and_unblocking_are_audited_once_each_without_a_secret() {
        var issued = Api.asMaster().create("/key/generate", Map.of());
        for (var path : List.of("/key/block", "/key/block", "/key/unblock")) {
            Api.asMaster().create(path, Map.of("key", issued.getString("key")));
        }

        var entries = StoreAccess.queryOne(
                "select string_agg(action || ' ' || (before_value ->> 'blocked') || ' ' || (after_value ->> 'blocked'), ', ' order by at)"
                        + " from audit_log where object_id = ? and action <> 'created'",
                issued.getString("key_id"));
        assertThat(entries).isEqualTo("blocked false true, unblocked true false");
        assertThat(StoreAccess.queryOne(
                        "select string_agg(audit_log::text, '') from audit_log where object_id = ?",
                        issued.getString("key_id")))
                .doesNotContain(issued.getString("key"))
                .doesNotContain(issued.getString("token"));
    }

    @Test
    void admins_of_the_team_and_of_its_organization_block() {
        var organization = Owners.organization();
        var team = Owners.team(organization);

        assertThat(block(Owners.keyOfTeamMember(team, "admin"), Given.key("team_id", team)))
                .isEqualTo(200);
        assertThat(block(Owners.keyOfOrganizationAdmin(organization), Given.key("team_id", team)))
                .isEqualTo(200);
    }

    @Test
    void members_and_owners_do_not_block() {
        var team = Owners.team(null);
        var mine = Owners.keyOfNewUser();

        assertThat(block(Owners.keyOfTeamMember(team, "user"), Given.key("team_id", team)))
                .isEqualTo(403);
        assertThat(block(mine, mine)).isEqualTo(403);
        assertThat(Api.asNobody().post("/key/block", Map.of("key", mine)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void an_admin_elsewhere_finds_no_key_but_is_refused_where_the_key_can_be_seen() {
        var team = Owners.team(null);
        var user = Owners.user();
        Owners.join(team, user, "admin");
        var caller = Given.key("user_id", user);

        assertThat(block(caller, Given.key("team_id", Owners.team(null)))).isEqualTo(404);
        assertThat(block(caller, caller)).isEqualTo(403);
    }

    @Test
    void what_cannot_be_a_key_is_400_and_what_is_none_is_404() {
        for (var path : List.of("/key/block", "/key/unblock")) {
            for (var malformed : List.of("", "hello", "sk-with space", "sk-" + "a".repeat(98), "A".repeat(64))) {
                Api.asMaster()
                        .post(path, Map.of("key", malformed))
                        .then()
                        .statusCode(400)
                        .body("error.type", equalTo("bad_request_error"))
                        .body("error.param", equalTo("key"));
            }
            Api.asMaster().post(path, Map.of("key", "sk-no-such-key")).then().statusCode(404);
            Api.asMaster().post(path, Map.of()).then().statusCode(422).body("error.param", equalTo("key"));
        }
    }
}
