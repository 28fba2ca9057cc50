package io.tenantry.keys;

import static io.restassured.RestAssured.given;
import static io.tenantry.keys.KeyFixtures.info;
import static io.tenantry.keys.KeyFixtures.issue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.keys.KeyFixtures.Issued;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BulkUpdateKeysTest {

    private static List<String> keysIn(String team, int count) {
        StoreAccess.execute(
                "insert into api_key (key_id, secret_hash, key_name, team_id, tpm_limit, created_by, updated_by)"
                        + " select gen_random_uuid(), encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 'sk-...test', ?, 7, 't', 't'"
                        + " from generate_series(1, ?)",
                team,
                count);
        return List.of(StoreAccess.queryOne("select string_agg(key_id::text, ',') from api_key where team_id = ?", team)
                .split(","));
    }

    @Test
    void eachItemHasItsOwnFieldsAndResult() {
        var first = issue("tpm_limit", 7, "max_budget", 1);
        var second = issue();
        var team = Given.team();

        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of(
                                "keys",
                                List.of(
                                        Given.body("key", first.secret(), "max_budget", 5, "tags", List.of("t")),
                                        Given.body("key", second.keyId(), "team_id", team),
                                        Given.body("key", "sk-no-such-key", "max_budget", 5),
                                        Given.body("key", second.token(), "max_budget", -1))));

        assertThat(answer.getInt("total_requested")).isEqualTo(4);
        assertThat(answer.getList("successful_updates.key")).isEqualTo(List.of(first.secret(), second.keyId()));
        assertThat(answer.<Object>get("successful_updates[0].key_info.token")).isNull();
        assertThat(answer.getInt("successful_updates[0].key_info.max_budget")).isEqualTo(5);
        assertThat(answer.getList("failed_updates.key")).isEqualTo(List.of("sk-no-such-key", second.token()));
        assertThat(answer.getString("failed_updates[0].failed_reason")).contains("not found");
        // what an item does not name stays
        assertThat(info(first.keyId()).getInt("info.tpm_limit")).isEqualTo(7);
        assertThat(info(first.keyId()).getList("info.metadata.tags")).isEqualTo(List.of("t"));
        assertThat(info(second.keyId()).getString("info.team_id")).isEqualTo(team);
        assertThat(KeyFixtures.audited(first.keyId(), "updated")).isEqualTo("1");
    }

    @Test
    void allOrNoneWhereThatIsAskedFor() {
        var good = issue("max_budget", 1);
        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of(
                                "atomic",
                                true,
                                "keys",
                                List.of(
                                        Map.of("key", good.keyId(), "max_budget", 5),
                                        Map.of("key", "sk-no-such-key", "max_budget", 5))));

        assertThat(answer.getList("successful_updates")).isEmpty();
        assertThat(answer.getList("failed_updates")).hasSize(2);
        assertThat(info(good.keyId()).getInt("info.max_budget")).isEqualTo(1);
    }

    @Test
    void aTakenAliasFailsItsOwnItemOnly() {
        var team = Given.team();
        var alias = Given.unique("alias");
        issue("team_id", team, "key_alias", alias);
        var clashing = issue("key_alias", alias);
        var fine = issue();

        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of(
                                "keys",
                                Stream.of(clashing, fine)
                                        .map(key -> Map.of("key", key.keyId(), "team_id", team))
                                        .toList()));

        assertThat(answer.getList("successful_updates.key")).isEqualTo(List.of(fine.keyId()));
        assertThat(answer.getString("failed_updates[0].failed_reason")).contains("already exists");
    }

    @Test
    void aTakenAliasFailsItsOwnItemOnlyAlsoWhereTheCallMayBeRepeated() {
        var team = Given.team();
        var alias = Given.unique("alias");
        issue("team_id", team, "key_alias", alias);
        var clashing = issue("team_id", team);
        var fine = issue("team_id", team);
        var body = Map.of(
                "keys",
                List.of(
                        Map.of("key", clashing.keyId(), "key_alias", alias),
                        Map.of("key", fine.keyId(), "key_alias", alias + "2")));

        given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .header("Idempotency-Key", Given.unique("once"))
                .contentType("application/json")
                .body(body)
                .post("/key/bulk_update")
                .then()
                .statusCode(200)
                .body("successful_updates.key", equalTo(List.of(fine.keyId())))
                .body("failed_updates[0].failed_reason", containsString("already exists"));
        assertThat(info(fine.keyId()).getString("info.key_alias")).isEqualTo(alias + "2");
    }

    @Test
    void anAliasMovesFromOneKeyToAnotherInTheOrderOfTheItems() {
        var team = Given.team();
        var alias = Given.unique("alias");
        var first = issue("team_id", team, "key_alias", alias);
        var second = issue("team_id", team);
        var third = issue("team_id", team);

        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of(
                                "keys",
                                List.of(
                                        Given.body("key", first.keyId(), "key_alias", null),
                                        Given.body("key", second.keyId(), "key_alias", alias),
                                        Given.body("key", third.keyId(), "key_alias", alias))));

        assertThat(answer.getList("successful_updates.key")).isEqualTo(List.of(first.keyId(), second.keyId()));
        assertThat(answer.getList("failed_updates.key")).isEqualTo(List.of(third.keyId()));
        assertThat(info(second.keyId()).getString("info.key_alias")).isEqualTo(alias);
    }

    @Test
    void whatHasNoRoomInItsTeamFailsAlone() {
        var organization = Given.organization("strict_allocation", true, "max_budget", 10);
        var team = Given.team("organization_id", organization, "max_budget", 10);
        var keys = IntStream.range(0, 4)
                .mapToObj(n -> issue("team_id", team, "max_budget", 1))
                .toList();
        var caps = List.of(4, 40, 3, 2);

        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of(
                                "keys",
                                IntStream.range(0, 4)
                                        .mapToObj(n -> Map.of("key", keys.get(n).keyId(), "max_budget", caps.get(n)))
                                        .toList()));

        assertThat(answer.getList("failed_updates.key"))
                .isEqualTo(List.of(keys.get(1).keyId()));
        assertThat(answer.getString("failed_updates[0].failed_reason")).contains("max_budget");
        assertThat(StoreAccess.queryOne("select sum(max_budget_nano) from api_key where team_id = ?", team))
                .isEqualTo("10000000000");
    }

    @Test
    void itemsAreReadByTheRulesOfAnUpdate() {
        var key = issue("rpm_limit", 5);
        var alias = Given.body("key", key.keyId(), "key_alias", "a".repeat(256));
        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of("keys", List.of(alias, Given.body("key", key.token(), "rpm_limit", null))));

        assertThat(answer.getList("failed_updates.key")).isEqualTo(List.of(key.keyId()));
        assertThat(info(key.keyId()).<Object>get("info.rpm_limit")).isNull();
        var twice = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of("keys", List.of(Map.of("key", key.keyId()), Map.of("key", key.token()))));
        assertThat(twice.getString("failed_updates[0].failed_reason")).contains("more than once");
    }

    @Test
    void aCallHasOneTo500Items() {
        var item = Map.of("key", "sk-no-such-key");
        for (var items :
                List.of(List.of(), IntStream.range(0, 501).mapToObj(n -> item).toList())) {
            Api.asMaster()
                    .post("/key/bulk_update", Map.of("keys", items))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo("keys"));
        }
        Api.asMaster().post("/key/bulk_update", Map.of()).then().statusCode(422);
        Api.asMaster()
                .post("/key/bulk_update", Map.of("keys", List.of(Map.of("max_budget", 1))))
                .then()
                .statusCode(422);
        Api.asNobody()
                .post("/key/bulk_update", Map.of("keys", List.of(item)))
                .then()
                .statusCode(401);
        Api.as(Owners.keyOfNewUser())
                .post("/key/bulk_update", Map.of("keys", List.of(item)))
                .then()
                .statusCode(403);
    }

    @Test
    void fiveHundredKeysAreOneCall() {
        var team = Given.team();
        var keys = keysIn(team, 500);

        var answer = Api.asMaster()
                .create(
                        "/key/bulk_update",
                        Map.of(
                                "keys",
                                keys.stream()
                                        .map(key -> Map.of("key", key, "max_budget", 3))
                                        .toList()));

        assertThat(answer.getList("successful_updates")).hasSize(500);
        assertThat(StoreAccess.queryOne(
                        "select count(*) from api_key where team_id = ? and max_budget_nano = 3000000000", team))
                .isEqualTo("500");
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log a join api_key k on k.key_id::text = a.object_id where k.team_id = ?",
                        team))
                .isEqualTo("500");
    }

    @Test
    void allKeysOfATeamAreChangedInChunks() {
        var team = Given.team();
        keysIn(team, 510);
        var elsewhere = issue("tpm_limit", 7);

        var answer = Api.asMaster()
                .create(
                        "/team/key/bulk_update",
                        Map.of(
                                "team_id",
                                team,
                                "all_keys_in_team",
                                true,
                                "update_fields",
                                Given.body("tpm_limit", null, "rpm_limit", 0)));

        assertThat(answer.getInt("total_requested")).isEqualTo(510);
        assertThat(answer.getList("successful_updates")).hasSize(510);
        assertThat(StoreAccess.queryOne(
                        "select count(*) from api_key where team_id = ? and tpm_limit is null and rpm_limit = 0", team))
                .isEqualTo("510");
        assertThat(info(elsewhere.keyId()).getInt("info.tpm_limit")).isEqualTo(7);
    }

    @Test
    void theKeysOfATeamAreToldLineByLineOnRequest() {
        var team = Given.team();
        keysIn(team, 505);

        var lines = lines(
                        Given.body("team_id", team, "all_keys_in_team", true, "update_fields", Map.of("rpm_limit", 3)))
                .asString()
                .strip()
                .split("\n");

        assertThat(lines).hasSize(506);
        assertThat(JsonPath.from(lines[0]).getBoolean("success")).isTrue();
        assertThat(JsonPath.from(lines[0]).getInt("key_info.rpm_limit")).isEqualTo(3);
        assertThat(JsonPath.from(lines[505]).getInt("total_requested")).isEqualTo(505);
        assertThat(JsonPath.from(lines[505]).getInt("successful_updates")).isEqualTo(505);
        assertThat(JsonPath.from(lines[505]).getInt("failed_updates")).isZero();
        lines(Given.body("team_id", "no-such-team", "all_keys_in_team", true, "update_fields", Map.of("rpm_limit", 3)))
                .then()
                .statusCode(404);
    }

    private static Response lines(Map<String, Object> body) {
        return given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType("application/json")
                .accept("application/x-ndjson")
                .body(body)
                .post("/team/key/bulk_update");
    }

    @Test
    void oneDocumentHasAMost() {
        var team = Given.team();
        keysIn(team, BulkKeyUpdates.MOST_IN_DOCUMENT + 1);

        Api.asMaster()
                .post(
                        "/team/key/bulk_update",
                        Given.body("team_id", team, "all_keys_in_team", true, "update_fields", Map.of("rpm_limit", 3)))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("all_keys_in_team"))
                .body("error.message", containsString("x-ndjson"));
    }

    @Test
    void onlyKeysOfTheTeamAreChangedByItsAdmin() {
        var team = Owners.team(null);
        var mine = issue("team_id", team);
        var foreign = issue("team_id", Owners.team(null));
        var body = Given.body(
                "team_id",
                team,
                "key_ids",
                List.of(mine.keyId(), foreign.keyId()),
                "update_fields",
                Map.of("rpm_limit", 3));

        var answer = Api.as(Owners.keyOfTeamMember(team, "admin")).create("/team/key/bulk_update", body);

        assertThat(answer.getList("successful_updates.key")).isEqualTo(List.of(mine.keyId()));
        assertThat(answer.getList("failed_updates.key")).isEqualTo(List.of(foreign.keyId()));
        assertThat(Api.asMaster().create("/team/key/bulk_update", body).getList("failed_updates.key"))
                .isEqualTo(List.of(foreign.keyId()));
        assertThat(status(Owners.keyOfTeamMember(team, "user"), body)).isEqualTo(403);
        assertThat(status(Owners.keyOfTeamMember(Owners.team(null), "admin"), body))
                .isEqualTo(404);
        assertThat(status(Owners.keyOfNewUser(), body)).isEqualTo(403);
    }

    private static int status(String caller, Map<String, Object> body) {
        return Api.as(caller).post("/team/key/bulk_update", body).statusCode();
    }

    @Test
    void whatIsMeantForATeamMustBeClear() {
        var team = Given.team();
        Issued key = issue("team_id", team);
        var fields = Map.of("rpm_limit", 3);
        refused("key_ids", "team_id", team, "update_fields", fields);
        refused(
                "key_ids",
                "team_id",
                team,
                "update_fields",
                fields,
                "all_keys_in_team",
                true,
                "key_ids",
                List.of(key.keyId()));
        refused("update_fields", "team_id", team, "update_fields", Map.of(), "all_keys_in_team", true);
        for (var field : List.of("models", "user_id", "team_id", "blocked", "key", "no_such_field")) {
            refused(
                    "update_fields." + field,
                    "team_id",
                    team,
                    "update_fields",
                    Map.of(field, field.equals("models") ? List.of() : field.equals("blocked") ? true : "x"),
                    "all_keys_in_team",
                    true);
        }
        refused("team_id", "update_fields", fields, "all_keys_in_team", true);
        Api.asMaster()
                .post(
                        "/team/key/bulk_update",
                        Map.of("team_id", "no-such-team", "all_keys_in_team", true, "update_fields", fields))
                .then()
                .statusCode(404);
    }

    private static void refused(String field, Object... body) {
        Api.asMaster()
                .post("/team/key/bulk_update", Given.body(body))
                .then()
                .statusCode(422)
                .body("error.param", equalTo(field));
    }
}
