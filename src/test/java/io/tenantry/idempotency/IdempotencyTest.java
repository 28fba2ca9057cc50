package io.tenantry.idempotency;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class IdempotencyTest {

    @Test
    void a_repetition_gets_the_first_answer_and_changes_nothing() {
        var alias = Given.unique("once");
        var key = random();

        var first = Repeats.post("/team/new", body("team_alias", alias), key);
        var second = Repeats.post("/team/new", body("team_alias", alias), key);

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.header("Idempotent-Replayed")).isNull();
        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(second.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(second.contentType()).isEqualTo(first.contentType());
        assertThat(second.asString()).isEqualTo(first.asString());
        assertThat(teamsCalled(alias)).isEqualTo("1");
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log where object_kind = 'team' and object_id = ?",
                        first.jsonPath().getString("team_id")))
                .isEqualTo("1");
    }

    @Test
    void a_lost_secret_is_given_again_and_stands_nowhere() {
        var key = random();

        var first = Repeats.post("/key/generate", body("key_alias", Given.unique("k")), key);
        assertThat(first.statusCode()).as(first.asString()).isEqualTo(200);
        var secret = first.jsonPath().getString("key");

        assertThat(Api.as(secret).get("/key/info").statusCode()).isEqualTo(200);
        var stored = StoreAccess.queryOne(
                "select string_agg(r.record_id || r.fingerprint || encode(r.answer, 'escape'), ' ') from idempotency_record r");
        assertThat(stored).isNotEmpty().doesNotContain(secret, key);
    }

    @Test
    void the_same_secret_is_given_again() {
        var key = random();
        var request = body("key_alias", Given.unique("k"));

        var first = Repeats.post("/key/generate", request, key);
        var second = Repeats.post("/key/generate", request, key);

        assertThat(second.asString()).isEqualTo(first.asString());
    }

    @Test
    void the_same_key_with_another_request_is_refused() {
        var key = random();
        var alias = Given.unique("first");
        Repeats.post("/team/new", body("team_alias", alias), key).then().statusCode(200);

        var otherBody = Repeats.post("/team/new", body("team_alias", Given.unique("other")), key);
        var otherPath = Repeats.post("/organization/new", body("team_alias", alias), key);

        for (var answer : List.of(otherBody, otherPath)) {
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(answer.jsonPath().getString("error.param")).isEqualTo("Idempotency-Key");
        }
    }

    @Test
    void a_race_of_many_callers_for_one_key_has_one_effect_and_one_answer() throws Exception {
        var alias = Given.unique("race");
        var key = random();

        var answers = atOnce(40, () -> Repeats.post("/team/new", body("team_alias", alias), key));

        assertThat(answers)
                .allSatisfy(answer ->
                        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200));
        assertThat(answers.stream().map(Response::asString).distinct()).hasSize(1);
        assertThat(teamsCalled(alias)).isEqualTo("1");
    }

    /** Each holds its transaction open while its answer's rows read what was spent. */
    @Test
    void more_idempotent_calls_than_connections_are_all_answered() throws Exception {
        var team = Given.team();
        var keys = IntStream.range(0, 48)
                .mapToObj(i -> Given.key("team_id", team, "budget_duration", "1d"))
                .toList();
        var next = new AtomicInteger();

        var answers =
                atOnce(48, () -> Repeats.post("/key/block", body("key", keys.get(next.getAndIncrement())), random()));

        assertThat(answers)
                .allSatisfy(answer ->
                        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200));
    }

    @Test
    void who_reads_is_answered_while_as_many_hold_their_transactions() throws Exception {
        var team = Given.team("budget_duration", "1d");
        Given.key("team_id", team);
        var next = new AtomicInteger();

        var answers = atOnce(
                48,
                () -> next.getAndIncrement() % 2 == 0
                        ? Repeats.post("/key/generate", body("team_id", team), random())
                        : Api.asMaster().get("/key/list", body("team_id", team, "return_full_object", true)));

        assertThat(answers)
                .allSatisfy(answer ->
                        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200));
    }

    @Test
    void the_answer_commits_with_the_change() {
        var team = Given.unique("team");
        Repeats.post("/team/new", body("team_id", team), random()).then().statusCode(200);

        // a row's default time is that of the start of its transaction
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log a join idempotency_record r on r.created_at = a.at where a.object_id = ?",
                        team))
                .isEqualTo("1");
    }

    @Test
    void whoever_hangs_up_at_any_moment_and_repeats_has_made_one_object() throws Exception {
        for (int delay = 0; delay < 60; delay += 6) {
            var alias = Given.unique("hung-up");
            var key = random();
            var json = "{\"team_alias\": \"" + alias + "\"}";

            Repeats.postAndHangUp("/team/new", json, key, delay);
            var again = Repeats.post("/team/new", json, key);

            assertThat(again.statusCode()).as(again.asString()).isEqualTo(200);
            assertThat(teamsCalled(alias)).isEqualTo("1");
            assertThat(StoreAccess.queryOne("select team_id from team where team_alias = ?", alias))
                    .isEqualTo(again.jsonPath().getString("team_id"));
        }
    }

    @Test
    void whoever_hangs_up_while_waiting_for_others_holds_no_transaction() throws Exception {
        var moments = new AtomicInteger();
        for (int round = 0; round < 4; round++) {
            atOnce(60, () -> hungUp(moments.getAndIncrement() % 40));
        }

        RedisServers.await(
                "calls are answered again",
                () -> Repeats.post("/team/new", "{}", random()).statusCode() == 200);
        RedisServers.await("no transaction is left open", () -> StoreAccess.queryOne(
                        "select count(*) from pg_stat_activity where state = 'idle in transaction'")
                .equals("0"));
    }

    private static Response hungUp(long afterMillis) {
        try {
            Repeats.postAndHangUp("/team/new", "{}", random(), afterMillis);
            return null;
        } catch (IOException | InterruptedException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void a_refusal_is_not_remembered() {
        var key = random();
        var organization = Given.unique("later");
        var request = body("organization_id", organization, "team_alias", Given.unique("t"));

        Repeats.post("/team/new", request, key).then().statusCode(404);
        Given.organization("organization_id", organization);

        Repeats.post("/team/new", request, key).then().statusCode(200);
    }

    @Test
    void a_change_is_true_everywhere_when_it_is_answered() {
        var secret = Given.key();
        Api.asMaster().post("/v1/admissions", Admissions.request(secret)).then().statusCode(200);

        Repeats.post("/key/block", body("key", secret), random()).then().statusCode(200);

        var admission = Api.asMaster().create("/v1/admissions", Admissions.request(secret));
        assertThat(admission.getBoolean("admitted")).isFalse();
    }

    @Test
    void a_deletion_is_answered_again_although_the_object_is_gone() {
        var secret = Given.key();
        var key = random();

        var first = Repeats.post("/key/delete", body("keys", List.of(secret)), key);
        var second = Repeats.post("/key/delete", body("keys", List.of(secret)), key);

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(second.asString()).isEqualTo(first.asString());
        assertThat(second.statusCode()).isEqualTo(200);
    }

    @Test
    void two_callers_may_use_the_same_key() {
        var one = Given.keyOfUserWithRole("proxy_admin");
        var other = Given.keyOfUserWithRole("proxy_admin");
        var key = random();
        var alias = Given.unique("two");

        Repeats.postAs(one, "/team/new", body("team_alias", alias), key).then().statusCode(200);
        var second = Repeats.postAs(other, "/team/new", body("team_alias", alias), key);

        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(second.header("Idempotent-Replayed")).isNull();
    }

    @Test
    void an_expired_answer_is_forgotten_and_cleared_away() {
        var key = random();
        var alias = Given.unique("expired");
        Repeats.post("/team/new", body("team_alias", alias), key).then().statusCode(200);
        StoreAccess.execute("update idempotency_record set expires_at = now() - interval '1 second'");

        Repeats.post("/team/new", body("team_alias", alias), key).then().statusCode(200);

        assertThat(teamsCalled(alias)).isEqualTo("2");
    }

    @Test
    void a_key_that_is_malformed_is_refused() {
        Repeats.post("/team/new", body("team_alias", "x"), "a b").then().statusCode(400);
        Repeats.post("/team/new", body("team_alias", "x"), "x".repeat(256))
                .then()
                .statusCode(400);
    }

    @Test
    void an_answer_in_lines_cannot_be_repeated_and_is_refused() {
        io.restassured.RestAssured.given()
                .contentType("application/json")
                .accept("application/x-ndjson")
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .header("Idempotency-Key", random())
                .body(body("team_alias", "x"))
                .post("/team/new")
                .then()
                .statusCode(org.hamcrest.Matchers.oneOf(400, 406));
    }

    private static String teamsCalled(String alias) {
        return StoreAccess.queryOne("select count(*) from team where team_alias = ?", alias);
    }

    private static String random() {
        return UUID.randomUUID().toString();
    }

    private static List<Response> atOnce(int times, Supplier<Response> call) throws Exception {
        var threads = Executors.newFixedThreadPool(times);
        try {
            var running = IntStream.range(0, times)
                    .mapToObj(i -> threads.submit(call::get))
                    .toList();
            var answers = new ArrayList<Response>();
            for (var one : running) {
                answers.add(one.get());
            }
            return answers;
        } finally {
            threads.shutdown();
        }
    }
}
