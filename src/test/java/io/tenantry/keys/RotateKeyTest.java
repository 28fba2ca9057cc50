package io.tenantry.keys;

import static io.tenantry.keys.KeyFixtures.admitted;
import static io.tenantry.keys.KeyFixtures.info;
import static io.tenantry.keys.KeyFixtures.issue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class RotateKeyTest {

    private static JsonPath rotate(String key, Object... fields) {
        return Api.asMaster().create("/key/" + key + "/regenerate", Given.body(fields));
    }

    /** As if this much time had passed. */
    private static void endGraceOf(String token) {
        StoreAccess.execute(
                "update previous_key_secret set valid_until = now() - interval '1 second' where secret_hash = ?",
                token);
    }

    private static int status(String key) {
        return Api.as(key).get("/key/info").statusCode();
    }

    @Test
    void withoutAGraceOnlyTheNewSecretWorks() {
        var key = issue("key_alias", Given.unique("a"), "rpm_limit", 50);
        assertThat(admitted(key.secret())).isTrue();

        var rotated = rotate(key.keyId());

        assertThat(rotated.getString("key")).startsWith("sk-").isNotEqualTo(key.secret());
        assertThat(rotated.getString("token")).isEqualTo(SecretHash.of(rotated.getString("key")));
        assertThat(rotated.getString("token_id")).isEqualTo(rotated.getString("token"));
        assertThat(rotated.getString("key_id")).isEqualTo(key.keyId());
        assertThat(rotated.getInt("rotation_count")).isEqualTo(1);
        assertThat(admitted(key.secret())).isFalse();
        assertThat(admitted(rotated.getString("key"))).isTrue();
        assertThat(status(key.secret())).isEqualTo(401);
        assertThat(status(rotated.getString("key"))).isEqualTo(200);
    }

    @Test
    void bothSecretsWorkUntilTheGraceEndsAndThenOnlyTheNewOne() {
        var key = issue();
        var fresh = rotate(key.keyId(), "grace_period", "1h").getString("key");

        assertThat(admitted(key.secret())).isTrue();
        assertThat(admitted(fresh)).isTrue();
        assertThat(status(key.secret())).isEqualTo(200);
        assertThat(info(key.secret()).getString("info.key_id")).isEqualTo(key.keyId());

        endGraceOf(key.token());
        Api.asMaster().create("/key/update", Map.of("key", fresh, "metadata", Map.of("touched", true)));

        assertThat(admitted(key.secret())).isFalse();
        assertThat(status(key.secret())).isEqualTo(401);
        assertThat(admitted(fresh)).isTrue();
        Api.asMaster().get("/key/info", Map.of("key", key.secret())).then().statusCode(404);
    }

    @Test
    void theClockEndsAGraceWithoutAnyChange() throws InterruptedException {
        var key = issue();
        var fresh = rotate(key.keyId(), "grace_period", "2s").getString("key");
        assertThat(admitted(key.secret())).isTrue();

        Thread.sleep(2_100);

        assertThat(admitted(key.secret())).isFalse();
        assertThat(status(key.secret())).isEqualTo(401);
        assertThat(admitted(fresh)).isTrue();
    }

    @Test
    void aProxysOwnKeyCallsWithBothSecretsInTheGrace() throws InterruptedException {
        var gateway = issue("key_type", "gateway");
        var end = Given.key();
        assertThat(calls(gateway.secret(), end)).isEqualTo(200);

        var fresh = rotate(gateway.keyId(), "grace_period", "2s").getString("key");

        assertThat(calls(gateway.secret(), end)).isEqualTo(200);
        assertThat(calls(fresh, end)).isEqualTo(200);
        Thread.sleep(2_100);
        assertThat(calls(gateway.secret(), end)).isEqualTo(401);
        assertThat(calls(fresh, end)).isEqualTo(200);
    }

    private static int calls(String gateway, String key) {
        return Api.as(gateway).post("/v1/admissions", Admissions.request(key)).statusCode();
    }

    @Test
    void identitySpendAndLimitsStay() {
        var key = issue("max_budget", 10, "rpm_limit", 3);
        KeyFixtures.spend(key.secret(), 4);

        var fresh = rotate(key.keyId(), "grace_period", "1h").getString("key");

        var info = info(fresh);
        assertThat(info.getDouble("info.spend")).isEqualTo(4);
        assertThat(info.getDouble("info.max_budget")).isEqualTo(10);
        assertThat(info.getInt("info.rpm_limit")).isEqualTo(3);
        assertThat(KeyFixtures.affords(fresh, 7)).isFalse();
        // one bucket for both secrets
        assertThat(Stream.of(key.secret(), fresh, key.secret(), fresh)
                        .map(KeyFixtures::admitted)
                        .toList())
                .contains(false);
    }

    @Test
    void fieldsAreChangedAlong() {
        var key = issue("tpm_limit", 10);

        var rotated = Api.asMaster()
                .create("/key/regenerate", Given.body("key", key.secret(), "tpm_limit", null, "max_budget", 3));

        assertThat(rotated.getString("tpm_limit")).isNull();
        assertThat(rotated.getInt("max_budget")).isEqualTo(3);
        assertThat(KeyFixtures.audited(key.keyId(), "rotated")).isEqualTo("1");
    }

    @Test
    void aRotationWithoutAGraceEndsEarlierOnesAndOneWithAGraceKeepsThem() {
        var key = issue();
        var second = rotate(key.keyId(), "grace_period", "1h").getString("key");
        var third = rotate(key.keyId(), "grace_period", "1h").getString("key");
        assertThat(Stream.of(key.secret(), second, third).map(KeyFixtures::admitted))
                .containsOnly(true);

        var fourth = rotate(key.keyId(), "grace_period", "0s").getString("key");

        assertThat(Stream.of(key.secret(), second, third).map(KeyFixtures::admitted))
                .containsOnly(false);
        assertThat(admitted(fourth)).isTrue();
        assertThat(StoreAccess.queryOne(
                        "select count(*) from previous_key_secret where key_id = cast(? as uuid)", key.keyId()))
                .isEqualTo("0");
    }

    @Test
    void formerSecretsDoNotPileUp() {
        var key = issue();
        IntStream.range(0, 10).forEach(n -> rotate(key.keyId(), "grace_period", "1h"));

        Api.asMaster()
                .post("/key/" + key.keyId() + "/regenerate", Map.of("grace_period", "1h"))
                .then()
                .statusCode(409);
        StoreAccess.execute(
                "update previous_key_secret set valid_until = now() where key_id = cast(? as uuid)", key.keyId());
        rotate(key.keyId(), "grace_period", "1h");
        assertThat(StoreAccess.queryOne(
                        "select count(*) from previous_key_secret where key_id = cast(? as uuid)", key.keyId()))
                .isEqualTo("1");
    }

    @Test
    void aChosenSecretIsTakenUnlessItNamesAKeyAlready() {
        var key = issue();
        var other = issue();
        var chosen = "sk-chosen-" + Given.unique("x");

        assertThat(rotate(key.keyId(), "new_key", chosen, "grace_period", "1h").getString("key"))
                .isEqualTo(chosen);
        assertThat(admitted(chosen)).isTrue();

        for (var taken : List.of(chosen, key.secret())) {
            Api.asMaster()
                    .post("/key/" + other.keyId() + "/regenerate", Map.of("new_key", taken))
                    .then()
                    .statusCode(409);
            Api.asMaster().post("/key/generate", Map.of("key", taken)).then().statusCode(409);
        }
        Api.asMaster()
                .post("/key/" + key.keyId() + "/regenerate", Map.of("new_key", chosen))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("new_key"));
        for (var unfit : List.of("pk-abcdefghijkl", "sk-short")) {
            Api.asMaster()
                    .post("/key/" + other.keyId() + "/regenerate", Map.of("new_key", unfit))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo("new_key"));
        }
    }

    @Test
    void badInputIsNamed() {
        var key = Given.key();
        Api.asMaster()
                .post("/key/" + key + "/regenerate", Map.of("grace_period", "soon"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("grace_period"));
        Api.asMaster()
                .post("/key/regenerate", Map.of("grace_period", "1h"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("key"));
        Api.asMaster()
                .post("/key/regenerate", Map.of("key", Api.MASTER_KEY, "new_master_key", "sk-x"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("new_master_key"));
        Api.asMaster().post("/key/sk-no-such-key/regenerate", Map.of()).then().statusCode(404);
        Api.asNobody().post("/key/" + key + "/regenerate", Map.of()).then().statusCode(401);
    }

    @Test
    void theBodyMayBeLeftOutAndItsKeyCountsBeforeThePaths() {
        var key = issue();
        var other = issue();
        RestAssured.given()
                .contentType("application/json")
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .post("/key/" + key.keyId() + "/regenerate")
                .then()
                .statusCode(200)
                .body("key_id", equalTo(key.keyId()));
        assertThat(rotate(key.keyId(), "key", other.token()).getString("key_id"))
                .isEqualTo(other.keyId());
    }

    @Test
    void ownersAndTeamAdminsRotateAndMembersDoNot() {
        var team = Owners.team(null);
        var service = issue("team_id", team);
        var admin = Owners.keyOfTeamMember(team, "admin");
        var member = Owners.keyOfTeamMember(team, "user");
        var mine = Owners.keyOfNewUser();
        var path = "/key/" + service.keyId() + "/regenerate";

        assertThat(Api.as(mine).post("/key/regenerate", Map.of("key", mine)).statusCode())
                .isEqualTo(200);
        assertThat(Api.as(admin).post(path, Map.of()).statusCode()).isEqualTo(200);
        assertThat(Api.as(member).post(path, Map.of()).statusCode()).isEqualTo(403);
        assertThat(Api.as(Owners.keyOfNewUser()).post(path, Map.of()).statusCode())
                .isEqualTo(404);
        assertThat(Api.as(Owners.keyOfTeamMember(Owners.team(null), "admin"))
                        .post(path, Map.of())
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void anOwnerRotatesAKeyWithAnyKindOfLimit() {
        var key = Given.key(
                "user_id",
                Owners.user(),
                "tpd_limit",
                5_000,
                "budget_limits",
                List.of(Map.of("budget_duration", "1d", "max_budget", 1)),
                "model_max_budget",
                Map.of("gpt-4o", Map.of("max_budget", 1, "rpm_limit", 5)));

        assertThat(Api.as(key).post("/key/regenerate", Map.of("key", key)).statusCode())
                .isEqualTo(200);
    }

    @Test
    void anAdminGetsNoSecretByWhichMoreCouldBeDoneThanByTheAdmins() {
        var team = Owners.team(null);
        var admin = Api.as(Owners.keyOfTeamMember(team, "admin"));
        var plain = Owners.user();
        Owners.join(team, plain, "user");
        var proxyAdmin = Owners.user("proxy_admin");
        var elsewhere = Owners.user();
        Owners.join(team, elsewhere, "user");
        Owners.join(Owners.team(null), elsewhere, "admin");

        assertThat(rotatedBy(admin, issue("team_id", team, "user_id", plain))).isEqualTo(200);
        assertThat(rotatedBy(admin, issue("team_id", team, "user_id", proxyAdmin)))
                .isEqualTo(403);
        assertThat(rotatedBy(admin, issue("team_id", team, "user_id", elsewhere)))
                .isEqualTo(403);
    }

    private static int rotatedBy(Api caller, KeyFixtures.Issued key) {
        return caller.post("/key/" + key.keyId() + "/regenerate", Map.of()).statusCode();
    }

    @Test
    void ofRotationsAtTheSameTimeExactlyOneHappens() {
        var key = issue();
        var calls = Calls.to(RestAssured.port);

        var answers = calls.postAll(
                "/key/" + key.keyId() + "/regenerate", IntStream.range(0, 8).mapToObj(n -> "{}"));

        var won = answers.stream().filter(answer -> answer.status() == 200).toList();
        assertThat(won).isNotEmpty();
        assertThat(answers).allMatch(answer -> answer.status() == 200 || answer.status() == 409);
        // those that came one after the other each happened; of the ones at the same time only the last one's secret
        // may work
        assertThat(won.stream()
                        .filter(answer -> admitted(answer.json().getString("key")))
                        .count())
                .isEqualTo(1);
        assertThat(info(key.keyId()).getInt("info.rotation_count")).isEqualTo(won.size());
    }

    @Test
    void aRotationUnderLoadLosesNoRequest() {
        var key = issue();
        var calls = Calls.to(RestAssured.port);
        var secret = key.secret();
        var answers = new ArrayList<CompletableFuture<Calls.Answer>>();

        for (int rotation = 0; rotation < 3; rotation++) {
            for (int n = 0; n < 20; n++) {
                answers.add(calls.postAsync("/v1/admissions", Admissions.requestJson(secret)));
            }
            var rotating = calls.postAsync("/key/" + key.keyId() + "/regenerate", "{\"grace_period\": \"5m\"}");
            for (int n = 0; n < 40; n++) {
                answers.add(calls.postAsync("/v1/admissions", Admissions.requestJson(secret)));
            }
            secret = rotating.join().json().getString("key");
            for (int n = 0; n < 20; n++) {
                answers.add(calls.postAsync("/v1/admissions", Admissions.requestJson(secret)));
                answers.add(calls.postAsync("/v1/admissions", Admissions.requestJson(key.secret())));
            }
        }

        assertThat(answers.stream().map(CompletableFuture::join).filter(answer -> !answer.admitted()))
                .isEmpty();
    }

    @Test
    void noSecretIsInTheTrail() {
        var key = issue();
        var fresh = rotate(key.keyId(), "grace_period", "1h");

        assertThat(StoreAccess.queryOne(
                        "select string_agg(audit_log::text, '') from audit_log where object_id = ?", key.keyId()))
                .doesNotContain(key.secret(), key.token(), fresh.getString("key"), fresh.getString("token"));
    }
}
