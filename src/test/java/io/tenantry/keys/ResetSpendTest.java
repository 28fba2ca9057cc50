package io.tenantry.keys;

import static io.tenantry.keys.KeyFixtures.affords;
import static io.tenantry.keys.KeyFixtures.info;
import static io.tenantry.keys.KeyFixtures.issue;
import static io.tenantry.keys.KeyFixtures.spend;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ResetSpendTest {

    private static JsonPath reset(String key, double to) {
        return Api.asMaster().create("/key/" + key + "/reset_spend", Map.of("reset_to", to));
    }

    private static void refused(int status, String key, Object to) {
        Api.asMaster()
                .post("/key/" + key + "/reset_spend", Given.body("reset_to", to))
                .then()
                .statusCode(status)
                .body("error.param", equalTo("reset_to"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"1d", "1mo"})
    void theNextRequestMayUseWhatWasForgiven(String period) {
        var key = issue("max_budget", 10, "budget_duration", period);
        spend(key.secret(), 8);
        assertThat(affords(key.secret(), 3)).isFalse();

        var answer = reset(key.keyId(), 1);

        assertThat(answer.getDouble("previous_spend")).isEqualTo(8);
        assertThat(answer.getDouble("spend")).isEqualTo(1);
        assertThat(answer.getDouble("max_budget")).isEqualTo(10);
        assertThat(answer.getString("key_hash")).isEqualTo(key.token());
        assertThat(answer.getString("budget_reset_at") == null).isEqualTo(period == null);
        assertThat(info(key.keyId()).getDouble("info.spend")).isEqualTo(1);
        assertThat(affords(key.secret(), 9)).isTrue();
        assertThat(affords(key.secret(), 9.01)).isFalse();
    }

    @Test
    void whatIsSpentAfterwardsCountsAndCanBeForgivenAgain() {
        var key = issue("max_budget", 10);
        spend(key.secret(), 9);
        reset(key.keyId(), 0);
        spend(key.secret(), 6);
        assertThat(info(key.keyId()).getDouble("info.spend")).isEqualTo(6);
        assertThat(affords(key.secret(), 5)).isFalse();

        assertThat(reset(key.keyId(), 2).getDouble("previous_spend")).isEqualTo(6);

        assertThat(affords(key.secret(), 8)).isTrue();
        assertThat(affords(key.secret(), 8.01)).isFalse();
    }

    @Test
    void theLedgerKeepsItsHistory() {
        var key = issue("max_budget", 10);
        spend(key.secret(), 9);
        reset(key.keyId(), 0);

        assertThat(StoreAccess.queryOne(
                        "select spend_nano from spend_total where scope_kind = 'key' and scope_id = ? and period = 'lifetime'",
                        key.keyId()))
                .isEqualTo("9000000000");
        assertThat(StoreAccess.queryOne(
                        "select sum(cost_nano) from usage_event where key_id = cast(? as uuid)", key.keyId()))
                .isEqualTo("9000000000");
        assertThat(StoreAccess.queryOne(
                        "select (before_value ->> 'spend') || ' ' || (after_value ->> 'spend') from audit_log where object_id = ? and action = 'updated'",
                        key.keyId()))
                .isEqualTo("9 0");
    }

    @Test
    void aResetSurvivesALossOfRedis() {
        var key = issue("max_budget", 10);
        spend(key.secret(), 9);
        reset(key.keyId(), 0);
        try (var redis = StoreAccess.redis()) {
            for (var name : (List<?>) redis.call("KEYS", "t1:{key:" + key.keyId() + "}:*")) {
                redis.call("DEL", (String) name);
            }
        }
        assertThat(affords(key.secret(), 10)).isTrue();
        assertThat(affords(key.secret(), 10.01)).isFalse();
    }

    @Test
    void theTeamsBudgetIsNotForgiven() {
        var team = Given.team("max_budget", 10);
        var key = issue("team_id", team, "max_budget", 10);
        spend(key.secret(), 9);
        reset(key.keyId(), 0);

        assertThat(affords(key.secret(), 2)).isFalse();
    }

    @Test
    void anUpdateOfTheSpendForgivesToo() {
        var key = issue("max_budget", 10, "budget_duration", "1d");
        spend(key.secret(), 8);

        var answer = KeyFixtures.update("key", key.secret(), "spend", 0, "max_budget", 9);

        assertThat(answer.getDouble("spend")).isZero();
        assertThat(affords(key.secret(), 9)).isTrue();
        assertThat(affords(key.secret(), 9.01)).isFalse();
        spend(key.secret(), 2);
        // a row that is sent back as it was read changes nothing
        assertThat(KeyFixtures.update("key", key.secret(), "spend", 2).getDouble("spend"))
                .isEqualTo(2);
        Api.asMaster()
                .post("/key/update", Map.of("key", key.keyId(), "spend", 3, "rpm_limit", 5))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("spend"));
        assertThat(info(key.keyId()).<Object>get("info.rpm_limit")).isNull();
    }

    @Test
    void manyKeysAreNotForgivenAtOnceNorByARotation() {
        var key = issue("max_budget", 10);
        spend(key.secret(), 8);

        assertThat(Api.asMaster()
                        .create("/key/bulk_update", Map.of("keys", List.of(Map.of("key", key.keyId(), "spend", 0))))
                        .getString("failed_updates[0].failed_reason"))
                .contains("spend");
        Api.asMaster()
                .post("/key/regenerate", Map.of("key", key.keyId(), "spend", 0))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("spend"));
        assertThat(info(key.keyId()).getDouble("info.spend")).isEqualTo(8);
    }

    @Test
    void anOwnerDoesNotForgiveByAnUpdate() {
        var key = issue("user_id", Owners.user(), "max_budget", 10);
        spend(key.secret(), 8);

        Api.as(key.secret())
                .post("/key/update", Map.of("key", key.keyId(), "spend", 0))
                .then()
                .statusCode(403)
                .body("error.param", equalTo("spend"));
        assertThat(info(key.keyId()).getDouble("info.spend")).isEqualTo(8);
    }

    @Test
    void whatCannotBeIsRefused() {
        var key = issue("max_budget", 10);
        spend(key.secret(), 4);

        refused(400, key.keyId(), -1);
        refused(400, key.keyId(), 5);
        refused(400, key.keyId(), 11);
        refused(422, key.keyId(), null);
        refused(422, key.keyId(), "much");
        assertThat(info(key.keyId()).getDouble("info.spend")).isEqualTo(4);
        Api.asMaster()
                .post("/key/sk-no-such-key/reset_spend", Map.of("reset_to", 0))
                .then()
                .statusCode(404);
    }

    @Test
    void onlyAdminsForgive() {
        var team = Owners.team(null);
        var key = issue("team_id", team);
        var mine = Owners.keyOfNewUser();
        var path = "/key/" + key.keyId() + "/reset_spend";
        var body = Map.of("reset_to", 0);

        assertThat(Api.as(Owners.keyOfTeamMember(team, "admin"))
                        .post(path, body)
                        .statusCode())
                .isEqualTo(200);
        assertThat(Api.as(Owners.keyOfTeamMember(team, "user")).post(path, body).statusCode())
                .isEqualTo(403);
        assertThat(Api.as(Owners.keyOfTeamMember(Owners.team(null), "admin"))
                        .post(path, body)
                        .statusCode())
                .isEqualTo(404);
        assertThat(Api.as(mine).post("/key/" + mine + "/reset_spend", body).statusCode())
                .isEqualTo(403);
        assertThat(Api.asNobody().post(path, body).statusCode()).isEqualTo(401);
    }
}
