package io.tenantry.keys;

import static io.tenantry.keys.KeyFixtures.admitted;
import static io.tenantry.keys.KeyFixtures.affords;
import static io.tenantry.keys.KeyFixtures.info;
import static io.tenantry.keys.KeyFixtures.issue;
import static io.tenantry.keys.KeyFixtures.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UpdateKeyTest {

    private static final String SOON = Instant.now().plusSeconds(3_600).toString();

    private static void refused(int status, String field, Object... fields) {
        Api.asMaster()
                .post("/key/update", Given.body(fields))
                .then()
                .statusCode(status)
                .body("error.param", equalTo(field));
    }

    /** Field, a first value, what is shown when it is cleared, the value that allows nothing (null: the field has none), and what that is shown as. */
    static Stream<Arguments> fields() {
        return Stream.of(
                Arguments.of("key_alias", "an-alias", null, null, null),
                Arguments.of("models", List.of("gpt-4o"), List.of(), List.of(), List.of()),
                Arguments.of("aliases", Map.of("fast", "gpt-4o"), Map.of(), Map.of(), Map.of()),
                Arguments.of("metadata", Map.of("owner", "x"), Map.of(), Map.of(), Map.of()),
                Arguments.of("max_budget", 5, null, 0, 0),
                Arguments.of("soft_budget", 4, null, 0, 0),
                Arguments.of("budget_duration", "1d", null, null, null),
                Arguments.of("max_parallel_requests", 3, null, 0, 0),
                Arguments.of("tpm_limit", 7, null, 0, 0),
                Arguments.of("rpm_limit", 7, null, 0, 0),
                Arguments.of("allowed_routes", List.of("/key/info"), List.of(), List.of(), List.of()),
                Arguments.of("key_type", "llm_api", "default", null, null),
                Arguments.of("blocked", true, false, false, false));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void absentStaysNullClearsAndZeroIsAValue(String field, Object value, Object cleared, Object zero, Object shown) {
        var key = issue(field, unique(field, value));
        var set = info(key.keyId()).get("info." + field);
        assertThat(set).isNotNull();

        // not in the request: stays
        update("key", key.keyId(), "metadata_of_no_meaning", true);
        assertThat(info(key.keyId()).<Object>get("info." + field)).isEqualTo(set);

        var answer = update("key", key.keyId(), field, null);
        assertThat(answer.<Object>get(field)).isEqualTo(cleared);
        assertThat(info(key.keyId()).<Object>get("info." + field)).isEqualTo(cleared);

        if (zero != null) {
            update("key", key.keyId(), field, zero);
            assertThat(info(key.keyId()).<Object>get("info." + field)).isEqualTo(shown);
        }
        update("key", key.keyId(), field, unique(field, value));
        assertThat(info(key.keyId()).<Object>get("info." + field)).isNotNull();
    }

    private static Object unique(String field, Object value) {
        return field.equals("key_alias") ? Given.unique("alias") : value;
    }

    @Test
    void whatIsFoldedIntoTheMetadataFollowsTheSameRule() {
        for (var field : List.of("model_rpm_limit", "model_tpm_limit", "tags", "guardrails")) {
            var list = field.equals("tags") || field.equals("guardrails");
            Object value = list ? List.of("a") : Map.of("m", 5);
            Object none = list ? List.of() : Map.of("m", 0);
            var key = issue(field, value, "metadata", Map.of("owner", "x"));

            update("key", key.keyId(), "rpm_limit", 9);
            assertThat(info(key.keyId()).<Object>get("info.metadata." + field)).isEqualTo(value);
            update("key", key.keyId(), field, null);
            assertThat(info(key.keyId()).<Object>get("info.metadata." + field)).isNull();
            assertThat(info(key.keyId()).getString("info.metadata.owner")).isEqualTo("x");
            update("key", key.keyId(), field, none);
            assertThat(info(key.keyId()).<Object>get("info.metadata." + field)).isEqualTo(list ? null : none);
            update("key", key.keyId(), "metadata", Map.of(field, value));
            assertThat(info(key.keyId()).<Object>get("info.metadata")).isEqualTo(Map.of(field, value));
        }
    }

    @Test
    void ownersFollowTheSameRule() {
        var organization = Owners.organization();
        var team = Owners.team(organization);
        var user = Owners.user();
        Owners.join(team, user, "user");
        var budget = Owners.budget(5_000_000_000L);
        var key = issue("user_id", user, "team_id", team, "budget_id", budget);

        update("key", key.keyId(), "rpm_limit", 3);
        var info = info(key.keyId());
        assertThat(info.getString("info.user_id")).isEqualTo(user);
        assertThat(info.getString("info.team_id")).isEqualTo(team);
        assertThat(info.getString("info.organization_id")).isEqualTo(organization);
        assertThat(info.getDouble("info.litellm_budget_table.max_budget")).isEqualTo(5);

        update("key", key.keyId(), "user_id", null, "team_id", null, "budget_id", null);
        info = info(key.keyId());
        assertThat(info.getString("info.user_id")).isNull();
        assertThat(info.getString("info.team_id")).isNull();
        assertThat(info.getString("info.organization_id")).isNull();
        assertThat(info.getString("info.budget_id")).isNull();

        update("key", key.keyId(), "organization_id", organization);
        assertThat(info(key.keyId()).getString("info.organization_id")).isEqualTo(organization);
        refused(422, "user_id", "key", key.keyId(), "user_id", "");
    }

    @Test
    void aLifeIsCountedFromNowAndEndsOrIsForEver() {
        var key = issue("duration", "1h");
        var before = info(key.keyId()).getString("info.expires");
        update("key", key.keyId(), "duration", "2h");
        assertThat(info(key.keyId()).getString("info.expires")).isGreaterThan(before);
        update("key", key.keyId(), "duration", "-1");
        assertThat(info(key.keyId()).getString("info.expires")).isNull();
        update("key", key.keyId(), "duration", "1h");
        update("key", key.keyId(), "duration", null);
        assertThat(info(key.keyId()).getString("info.expires")).isNull();
    }

    @Test
    void anObjectPermissionIsMadeChangedInPlaceAndRemoved() {
        var key = issue();
        update("key", key.keyId(), "object_permission", Map.of("agents", List.of("a")));
        var id = info(key.keyId()).getString("info.object_permission_id");
        assertThat(info(key.keyId()).getList("info.object_permission.agents")).isEqualTo(List.of("a"));

        update("key", key.keyId(), "object_permission", Map.of("mcp_servers", List.of("m")));
        assertThat(info(key.keyId()).getString("info.object_permission_id")).isEqualTo(id);
        assertThat(info(key.keyId()).getList("info.object_permission.mcp_servers"))
                .isEqualTo(List.of("m"));
        assertThat(info(key.keyId()).getList("info.object_permission.agents"))
                .as("what is not named stays")
                .isEqualTo(List.of("a"));
        assertThat(StoreAccess.queryOne(
                        "select before_value -> 'object_permission' ->> 'mcp_servers' is null and after_value -> 'object_permission' ->> 'mcp_servers' = '[\"m\"]' from audit_log where object_id = ? order by at desc limit 1",
                        key.keyId()))
                .as("the trail tells the permission before and after")
                .isEqualTo("t");

        update("key", key.keyId(), "object_permission", Collections.singletonMap("agents", null));
        assertThat(info(key.keyId()).<Object>get("info.object_permission.agents"))
                .isNull();

        update("key", key.keyId(), "object_permission", null);
        assertThat(info(key.keyId()).<Object>get("info.object_permission")).isNull();
        assertThat(StoreAccess.queryOne("select 1 from object_permission where object_permission_id = ?", id))
                .isNull();
    }

    @Test
    void theAnswerRepeatsTheNameAndShowsTheRow() {
        var key = issue();
        var answer = update("key", key.secret(), "key_alias", Given.unique("a"), "max_budget", 50);

        assertThat(answer.getString("key")).isEqualTo(key.secret());
        assertThat(answer.getString("token")).isEqualTo(key.token());
        assertThat(answer.getInt("max_budget")).isEqualTo(50);
        assertThat(KeyFixtures.audited(key.keyId(), "updated")).isEqualTo("1");
    }

    @Test
    void theNextRequestIsDecidedByTheNewTerms() {
        var key = issue("models", List.of("gpt-4o"), "max_budget", 1);
        assertThat(affords(key.secret(), 1)).isTrue();

        update("key", key.keyId(), "max_budget", 2);
        assertThat(affords(key.secret(), 2)).isTrue();
        update("key", key.keyId(), "max_budget", 0);
        assertThat(affords(key.secret(), 0.01)).isFalse();
        update("key", key.keyId(), "max_budget", null, "models", List.of("other"));
        assertThat(admitted(key.secret())).isFalse();
        update("key", key.keyId(), "models", null, "blocked", true);
        assertThat(admitted(key.secret())).isFalse();
        update("key", key.keyId(), "blocked", false);
        assertThat(admitted(key.secret())).isTrue();
    }

    @Test
    void aKeyThatMovesIsDecidedUnderItsNewParentsAtTheNextRequest() {
        var generous = Given.team("organization_id", Given.organization("max_budget", 100));
        var poor = Given.team("max_budget", 1, "models", List.of("gpt-4o"));
        var key = issue("team_id", generous);
        assertThat(affords(key.secret(), 50)).isTrue();

        update("key", key.keyId(), "team_id", poor);
        assertThat(affords(key.secret(), 2)).isFalse();
        assertThat(affords(key.secret(), 1)).isTrue();

        update("key", key.keyId(), "team_id", generous);
        assertThat(affords(key.secret(), 50)).isTrue();
        update("key", key.keyId(), "team_id", null, "user_id", Given.user("max_budget", 3));
        assertThat(affords(key.secret(), 3)).isTrue();
        assertThat(affords(key.secret(), 4)).isFalse();
    }

    @Test
    void aSettlementThatComesAfterAMoveIsBookedToWhoseTheRequestWas() {
        var first = Given.team();
        var second = Given.team();
        var key = issue("team_id", first);
        var admission = KeyFixtures.admission(key.secret(), 1);
        update("key", key.keyId(), "team_id", second);
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Given.body("input_tokens", 1, "output_tokens", 1, "cost_usd", 1));

        assertThat(StoreAccess.queryOne("select team_id from usage_event where key_id = cast(? as uuid)", key.keyId()))
                .isEqualTo(first);
    }

    @Test
    void movesNeedTheNewParentToAllowWhatTheKeyHas() {
        var key = issue("models", List.of("big"), "tpm_limit", 100, "max_budget", 5, "max_parallel_requests", 4);
        refused(400, "models", "key", key.keyId(), "team_id", Given.team("models", List.of("small")));
        refused(400, "tpm_limit", "key", key.keyId(), "team_id", Given.team("tpm_limit", 99));
        refused(400, "max_budget", "key", key.keyId(), "team_id", Given.team("max_budget", 4));
        refused(400, "max_parallel_requests", "key", key.keyId(), "team_id", Given.team("max_parallel_requests", 3));
        refused(404, "team_id", "key", key.keyId(), "team_id", "no-such-team");
        refused(404, "user_id", "key", key.keyId(), "user_id", "no-such-user");
        refused(404, "organization_id", "key", key.keyId(), "organization_id", "no-such-organization");
        refused(404, "budget_id", "key", key.keyId(), "budget_id", "no-such-budget");
        var ofStranger = issue("user_id", Owners.user());
        refused(403, "team_id", "key", ofStranger.keyId(), "team_id", Owners.team(null));
    }

    @Test
    void aLoweredParentBlocksNoOtherChangeButNoRaiseEither() {
        var team = Given.team("tpm_limit", 100);
        var key = issue("team_id", team, "tpm_limit", 100);
        StoreAccess.execute("update team set tpm_limit = 50 where team_id = ?", team);

        update("key", key.keyId(), "key_alias", Given.unique("a"));
        update("key", key.keyId(), "tpm_limit", 40);
        refused(400, "tpm_limit", "key", key.keyId(), "tpm_limit", 60);
        refused(
                400,
                "aliases",
                "key",
                issue("team_id", Given.team("models", List.of("a"))).keyId(),
                "aliases",
                Map.of("a", "b"));
    }

    @Test
    void valuesThatCannotMeanAnythingAreNamed() {
        var key = Given.key("max_budget", 5);
        refused(400, "max_budget", "key", key, "max_budget", -1);
        refused(400, "soft_budget", "key", key, "soft_budget", 5);
        refused(400, "tpm_limit", "key", key, "tpm_limit", -1);
        refused(400, "duration", "key", key, "duration", "soon");
        refused(400, "budget_duration", "key", key, "budget_duration", "1hr");
        refused(400, "allowed_routes", "key", key, "key_type", "llm_api", "allowed_routes", List.of("/key/info"));
        refused(400, "model_rpm_limit.m", "key", key, "model_rpm_limit", Map.of("m", -1));
        refused(400, "team_id", "key", key, "metadata", Map.of("service_account_id", "s"));
        refused(422, "tpm_limit", "key", key, "tpm_limit", "many");
        refused(422, "tpm_limit", "key", key, "tpm_limit", 1.5);
        refused(422, "max_budget", "key", key, "max_budget", "");
        refused(422, "models.1", "key", key, "models", Arrays.asList("a", null));
        refused(422, "key_alias", "key", key, "key_alias", "a".repeat(256));
        refused(422, "key_type", "key", key, "key_type", "other");
        refused(422, "key", "tpm_limit", 1);
        for (var field : List.of("tpm_limit_type", "tpm_limit_counts", "auto_rotate", "project_id")) {
            refused(400, field, "key", key, field, "x");
        }
        refused(400, "spend", "key", key, "spend", 1);
        refused(400, "spend", "key", key, "spend", -1);
        refused(422, "spend", "key", key, "spend", "much");
        Api.asMaster()
                .post("/key/update", Map.of("key", "sk-no-such-key"))
                .then()
                .statusCode(404);
        Api.asNobody().post("/key/update", Map.of("key", key)).then().statusCode(401);
    }

    @Test
    void anAliasIsTakenOnlyByTheSameOwnersKeys() {
        var team = Given.team();
        var alias = Given.unique("alias");
        issue("team_id", team, "key_alias", alias);
        var other = issue("team_id", team);
        var elsewhere = issue("team_id", Given.team(), "key_alias", alias);

        Api.asMaster()
                .post("/key/update", Map.of("key", other.keyId(), "key_alias", alias))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("key_alias"))
                .body("error.message", containsString("already exists"));
        refused(400, "key_alias", "key", elsewhere.keyId(), "team_id", team);
        update("key", elsewhere.keyId(), "key_alias", alias);
    }

    @Test
    void aTemporaryIncreaseCountsUntilItsEndByTheClock() throws InterruptedException {
        var key = issue("max_budget", 10);
        assertThat(affords(key.secret(), 11)).isFalse();

        var end = Instant.now().plusMillis(2_500).toString();
        var answer = update("key", key.keyId(), "temp_budget_increase", 5, "temp_budget_expiry", end);

        assertThat(answer.getInt("temp_budget_increase")).isEqualTo(5);
        assertThat(affords(key.secret(), 15)).isTrue();
        assertThat(affords(key.secret(), 15.01)).isFalse();
        assertThat(info(key.keyId()).getInt("info.max_budget")).isEqualTo(10);
        Thread.sleep(2_600);
        assertThat(affords(key.secret(), 10.01)).isFalse();
        assertThat(affords(key.secret(), 10)).isTrue();
    }

    @Test
    void aTemporaryIncreaseAddsToALinkedBudgetAndToAPeriodAsWell() {
        var linked = issue("budget_id", Owners.budget(2_000_000_000L));
        update("key", linked.keyId(), "temp_budget_increase", 1, "temp_budget_expiry", SOON);
        assertThat(affords(linked.secret(), 3)).isTrue();
        assertThat(affords(linked.secret(), 3.01)).isFalse();

        update("key", linked.keyId(), "temp_budget_increase", null, "temp_budget_expiry", null);
        assertThat(affords(linked.secret(), 2.01)).isFalse();
        assertThat(info(linked.keyId()).getString("info.temp_budget_expiry")).isNull();
    }

    @Test
    void aTemporaryIncreaseStaysWithinTheParentsAndIsWhole() {
        var key =
                issue("team_id", Given.team("max_budget", 12), "max_budget", 10).keyId();
        refused(400, "max_budget", "key", key, "temp_budget_increase", 3, "temp_budget_expiry", SOON);
        update("key", key, "temp_budget_increase", 2, "temp_budget_expiry", SOON);
        refused(400, "max_budget", "key", key, "max_budget", 11);
        refused(422, "temp_budget_expiry", "key", key, "temp_budget_increase", 1);
        refused(422, "temp_budget_increase", "key", key, "temp_budget_expiry", SOON);
        refused(
                400,
                "temp_budget_expiry",
                "key",
                key,
                "temp_budget_increase",
                1,
                "temp_budget_expiry",
                "2020-01-01T00:00:00");
        refused(422, "temp_budget_expiry", "key", key, "temp_budget_increase", 1, "temp_budget_expiry", "tomorrow");
        refused(400, "temp_budget_increase", "key", key, "temp_budget_increase", -1, "temp_budget_expiry", SOON);
        refused(400, "temp_budget_increase", "key", Given.key(), "temp_budget_increase", 1, "temp_budget_expiry", SOON);
    }

    @Test
    void changesOfDifferentFieldsAtTheSameTimeAllLast() {
        var key = issue();
        var bodies = List.of(
                "\"tpm_limit\": 11",
                "\"rpm_limit\": 12",
                "\"max_budget\": 13",
                "\"max_parallel_requests\": 14",
                "\"models\": [\"m\"]",
                "\"tags\": [\"t\"]",
                "\"guardrails\": [\"g\"]",
                "\"soft_budget\": 1");

        var answers = Calls.to(RestAssured.port)
                .postAll(
                        "/key/update", bodies.stream().map(body -> "{\"key\": \"" + key.keyId() + "\", " + body + "}"));

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        var info = info(key.keyId());
        assertThat(info.getInt("info.tpm_limit")).isEqualTo(11);
        assertThat(info.getInt("info.rpm_limit")).isEqualTo(12);
        assertThat(info.getInt("info.max_budget")).isEqualTo(13);
        assertThat(info.getInt("info.max_parallel_requests")).isEqualTo(14);
        assertThat(info.getInt("info.soft_budget")).isEqualTo(1);
        assertThat(info.getList("info.models")).isEqualTo(List.of("m"));
        assertThat(info.getList("info.metadata.tags")).isEqualTo(List.of("t"));
        assertThat(info.getList("info.metadata.guardrails")).isEqualTo(List.of("g"));
        assertThat(KeyFixtures.audited(key.keyId(), "updated")).isEqualTo("8");
    }

    @Test
    void aMoveUnderLoadDecidesEveryRequestByOneOfTheTwoParents() {
        var first = Given.team();
        var second = Given.team("organization_id", Given.organization());
        var key = issue("team_id", first);
        var calls = Calls.to(RestAssured.port);

        var running = Stream.generate(() -> calls.postAsync("/v1/admissions", Admissions.requestJson(key.secret())))
                .limit(60)
                .toList();
        update("key", key.keyId(), "team_id", second);

        assertThat(running).allMatch(answer -> answer.join().admitted());
        assertThat(KeyFixtures.admission(key.secret(), 0).getString("team_id")).isEqualTo(second);
    }
}
