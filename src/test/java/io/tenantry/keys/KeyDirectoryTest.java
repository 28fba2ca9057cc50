package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;

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
class KeyDirectoryTest {

    @Test
    void a_team_shows_its_living_keys_newest_first() {
        var team = Owners.team(null);
        var first = Given.key("team_id", team);
        var second = Given.key("team_id", team);
        var expired = Given.key("team_id", team, "duration", "1s");
        StoreAccess.execute(
                "update api_key set expires_at = now() - interval '1 second' where secret_hash = ?",
                SecretHash.of(expired));

        var info = Api.asMaster().get("/team/info", Map.of("team_id", team)).jsonPath();
        assertThat(info.getList("keys.token", String.class))
                .isEqualTo(List.of(SecretHash.of(second), SecretHash.of(first)));
        assertThat(info.getString("keys[0].key_id")).hasSize(36);
    }

    @Test
    void a_list_of_teams_shows_each_teams_keys() {
        var user = Owners.user();
        var mine = Given.key("user_id", user);
        var one = Owners.team(null);
        var other = Owners.team(null);
        Owners.join(one, user, "user");
        Owners.join(other, user, "user");
        var keys = Map.of(one, Given.key("team_id", one), other, Given.key("team_id", other));

        List<Map<String, Object>> teams =
                Api.as(mine).get("/team/list").jsonPath().getList("");
        assertThat(teams).hasSize(2);
        for (var team : teams) {
            assertThat((List<?>) team.get("keys"))
                    .extracting(key -> ((Map<?, ?>) key).get("token"))
                    .isEqualTo(List.of(SecretHash.of(keys.get(team.get("team_id")))));
        }
    }

    @Test
    void a_user_shows_their_keys() {
        var user = Owners.user();
        var key = Given.key("user_id", user);

        var info = Api.asMaster().get("/user/info", Map.of("user_id", user)).jsonPath();
        assertThat(info.getList("keys.token", String.class)).isEqualTo(List.of(SecretHash.of(key)));
    }

    @Test
    void a_new_user_gets_a_key_that_works_and_is_audited() {
        var made = Api.asMaster()
                .create("/user/new", Map.of("key_alias", "first", "models", List.of("m"), "duration", "1d"));
        var key = made.getString("key");

        var info = Api.as(key).get("/key/info").jsonPath();
        assertThat(info.getString("info.user_id")).isEqualTo(made.getString("user_id"));
        assertThat(info.getString("info.key_alias")).isEqualTo("first");
        assertThat(info.getList("info.models")).isEqualTo(List.of("m"));
        assertThat(info.getString("info.expires")).isNotNull();
        assertThat(StoreAccess.queryOne(
                        "select audit_log::text from audit_log where object_kind = 'key' and object_id = ?",
                        info.getString("info.key_id")))
                .isNotNull()
                .doesNotContain(key)
                .doesNotContain(SecretHash.of(key));
    }
}
