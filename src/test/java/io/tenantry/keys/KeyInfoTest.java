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
class KeyInfoTest {

    private static int status(String caller, String key) {
        return Api.as(caller).get("/key/info", Map.of("key", key)).statusCode();
    }

    @Test
    void a_key_is_found_by_its_secret_its_hash_and_its_id() {
        var issued = Api.asMaster().create("/key/generate", Map.of("key_alias", Given.unique("a")));

        for (var named : List.of(issued.getString("key"), issued.getString("token"), issued.getString("key_id"))) {
            Api.asMaster()
                    .get("/key/info", Map.of("key", named))
                    .then()
                    .statusCode(200)
                    .body("key", equalTo(named))
                    .body("info.key_alias", equalTo(issued.getString("key_alias")))
                    .body("info.key_id", equalTo(issued.getString("key_id")))
                    .body("info", not(hasKey("token")))
                    .body("info.spend", equalTo(0))
                    .body("info.blocked", equalTo(false))
                    .body("info", hasKey("litellm_budget_table"));
        }
    }

    @Test
    void without_a_name_it_is_the_calling_key() {
        var key = Given.key();

        Api.as(key).get("/key/info").then().statusCode(200).body("key", equalTo(SecretHash.of(key)));
        Api.asMaster().get("/key/info").then().statusCode(422).body("error.param", equalTo("key"));
    }

    @Test
    void it_shows_what_was_spent_in_the_running_period() {
        var issued = Api.asMaster().create("/key/generate", Map.of("budget_duration", "1d"));
        StoreAccess.execute(
                "insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano)"
                        + " values ('key', ?, '1d', date_trunc('day', now(), 'UTC'), date_trunc('day', now(), 'UTC') + interval '1 day', 250000000),"
                        + " ('key', ?, 'lifetime', 'epoch', '9999-12-31 00:00:00+00', 900000000)",
                issued.getString("key_id"),
                issued.getString("key_id"));

        var info = Api.asMaster()
                .get("/key/info", Map.of("key", issued.getString("key")))
                .jsonPath();
        assertThat(info.getDouble("info.spend")).isEqualTo(0.25);
        assertThat(info.getString("info.budget_reset_at")).endsWith("T00:00:00.000000Z");
    }

    @Test
    void its_owner_its_team_and_its_organization_see_a_key() {
        var organization = Owners.organization();
        var team = Owners.team(organization);
        var user = Owners.user();
        var key = Given.key("user_id", user, "team_id", team);

        assertThat(status(Given.key("user_id", user), key)).isEqualTo(200);
        assertThat(status(Owners.keyOfTeamMember(team, "user"), key)).isEqualTo(200);
        assertThat(status(Owners.keyOfOrganizationAdmin(organization), key)).isEqualTo(200);
        assertThat(status(Given.key("user_id", Owners.user("proxy_admin_viewer")), key))
                .isEqualTo(200);
    }

    @Test
    void a_key_of_others_looks_like_no_key_at_all() {
        var stranger = Api.as(Owners.keyOfTeamMember(Owners.team(Owners.organization()), "admin"));
        var foreign = SecretHash.of(Given.key("team_id", Owners.team(Owners.organization())));
        var missing = SecretHash.of("sk-none");

        var there = stranger.get("/key/info", Map.of("key", foreign))
                .then()
                .statusCode(404)
                .extract()
                .asString();
        var gone = stranger.get("/key/info", Map.of("key", missing))
                .then()
                .statusCode(404)
                .extract()
                .asString();
        assertThat(there.replace(foreign, missing)).isEqualTo(gone);
    }

    @Test
    void a_missing_key_is_404_and_a_secret_is_not_repeated() {
        Api.asMaster()
                .get("/key/info", Map.of("key", "sk-abcdefghijklmnop"))
                .then()
                .statusCode(404)
                .body("error.type", equalTo("not_found_error"))
                .body("error.param", equalTo("key"))
                .body("error.message", not(containsString("sk-abcdefghijklmnop")))
                .body("error.message", containsString("sk-a****mnop"));
        assertThat(status(Api.MASTER_KEY, "no\u0000key")).isEqualTo(422);
        assertThat(Api.asNobody().get("/key/info").statusCode()).isEqualTo(401);
        assertThat(status(Given.key("key_type", "gateway"), "x")).isEqualTo(403);
    }
}
