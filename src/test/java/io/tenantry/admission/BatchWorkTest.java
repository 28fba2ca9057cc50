package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static io.tenantry.testing.Admissions.requestJson;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Work larger than a minute's limit is admitted over time. High rates make the waits short; no test measures them, each asks again until the answer
 * is there.
 */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BatchWorkTest {

    private static final int MOST_CALLS = 500;

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    /** A batch of so many input tokens, and no output. */
    private static Map<String, Object> batch(String key, long tokens, Object... fields) {
        var request = request(key, "batch", true, "input_tokens", tokens, "max_output_tokens", 0);
        request.putAll(Given.body(fields));
        return request;
    }

    private static JsonPath admitOverTime(Map<String, Object> batch) throws InterruptedException {
        for (int call = 0; call < MOST_CALLS; call++) {
            var answer = admit(batch);
            if (answer.getBoolean("admitted")) {
                return answer;
            }
            assertThat(answer.getString("refusal.reason")).isEqualTo("batch_pending");
            Thread.sleep(Math.min(200, answer.getLong("refusal.retry_after_ms")));
        }
        throw new AssertionError("the batch was not admitted in " + MOST_CALLS + " calls");
    }

    @Test
    void a_batch_that_fits_is_admitted_at_once_and_counts_all_its_requests() {
        var key = Given.key("rpm_limit", 100, "tpm_limit", 1_000);

        var answer = admit(batch(key, 900, "requests", 60));

        assertThat(answer.getBoolean("admitted")).isTrue();
        assertThat(answer.getList("limits.remaining", Integer.class)).containsExactly(40, 100);
    }

    @Test
    void a_batch_larger_than_a_minutes_limit_is_admitted_over_time() throws Exception {
        // 20,000 tokens a second, and twice as much as a minute has, nearly
        var key = Given.key("tpm_limit", 1_200_000, "max_budget", 100);
        var batch = batch(key, 1_220_000, "estimated_cost_usd", 1);

        var first = admit(batch);
        var admitted = admitOverTime(batch);

        assertThat(first.getBoolean("admitted")).isFalse();
        assertThat(first.getString("refusal.headers.'retry-after'")).isNotNull();
        assertThat(first.getInt("refusal.status")).isEqualTo(429);
        assertThat(first.getFloat("refusal.batch.taken")).isBetween(0.49f, 0.50f);
        assertThat(first.getLong("refusal.batch.limits[0].needed")).isEqualTo(1_220_000);
        assertThat(first.getLong("refusal.batch.limits[0].taken")).isEqualTo(600_000);
        assertThat(first.getLong("refusal.retry_after_ms"))
                .as("600,000 of 620,000 are there, the rest is earned in a second")
                .isBetween(1L, 1_000L);
        assertThat(first.getLong("refusal.batch.complete_after_ms")).isEqualTo(first.getLong("refusal.retry_after_ms"));
        assertThat(admitted.getFloat("limits.find { it.kind == 'budget' }.held"))
                .as("money is held from the admission on, once")
                .isEqualTo(1f);
    }

    @Test
    void a_part_leaves_room_for_requests_that_cannot_wait_and_takes_the_same_share_of_every_limit() {
        var team = Given.team("tpm_limit", 1_000_000, "rpm_limit", 1_000);
        var key = Given.key("team_id", team, "tpm_limit", 1_000);

        var pending = admit(batch(key, 10_000, "requests", 100));
        var other = admit(request(key, "input_tokens", 400, "max_output_tokens", 50));

        assertThat(pending.getList("refusal.batch.limits.kind")).containsExactly("tokens", "requests", "tokens");
        assertThat(pending.getList("refusal.batch.limits.taken", Integer.class)).containsExactly(500, 5, 500);
        // 500 at a time, each earned in half a minute; the last 1,000 are taken together
        assertThat(pending.getLong("refusal.retry_after_ms")).isBetween(29_000L, 30_000L);
        assertThat(pending.getLong("refusal.batch.complete_after_ms")).isBetween(560_000L, 571_000L);
        assertThat(other.getBoolean("admitted")).isTrue();
        assertThat(other.getInt("limits.find { it.scope == 'team' && it.kind == 'requests' }.remaining"))
                .as("six are taken, and one comes back every 60 ms")
                .isBetween(994, 999);
    }

    @Test
    void asking_again_too_early_takes_no_more_than_was_earned() {
        var key = Given.key("tpm_limit", 1_000);
        var batch = batch(key, 100_000);
        admit(batch);

        for (int i = 0; i < 5; i++) {
            admit(batch);
        }
        var other = admit(request(key, "input_tokens", 490, "max_output_tokens", 0));

        assertThat(other.getBoolean("admitted"))
                .as("half of the bucket is kept, however often a batch asks")
                .isTrue();
    }

    @Test
    void calls_at_the_same_time_take_a_part_once() {
        var key = Given.key("tpm_limit", 100_000);
        var body = requestJson(key, "batch", true, "input_tokens", 1_000_000, "max_output_tokens", 0);

        var answers = Calls.to(RestAssured.port)
                .postAll("/v1/admissions", Stream.generate(() -> body).limit(8));
        var after = admit(request(key, "input_tokens", 49_000, "max_output_tokens", 0));

        assertThat(answers).noneMatch(Calls.Answer::admitted);
        assertThat(answers).allMatch(answer -> answer.status() == 200);
        assertThat(after.getBoolean("admitted")).isTrue();
    }

    @Test
    void a_repeated_call_after_the_admission_gets_it_again() throws Exception {
        var key = Given.key("tpm_limit", 6_000_000);
        var batch = batch(key, 6_050_000);
        var first = admitOverTime(batch);

        var again = admit(batch);

        assertThat(again.getString("admission_id")).isEqualTo(first.getString("admission_id"));
        assertThat(again.getString("request_id")).isEqualTo(batch.get("request_id"));
    }

    @Test
    void what_earlier_parts_took_stays_taken_when_less_is_used() throws Exception {
        var key = Given.key("tpm_limit", 6_000_000);
        var admitted = admitOverTime(batch(key, 6_050_000));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admitted.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", 10, "cost_usd", 0));

        var whole = admit(request(key, "input_tokens", 6_000_000, "max_output_tokens", 0));

        assertThat(whole.getBoolean("admitted"))
                .as("only the last part was given back")
                .isFalse();
        assertThat(whole.getString("refusal.reason")).isEqualTo("rate_limited");
    }

    @Test
    void money_refuses_a_batch_before_any_part_is_taken() {
        var key = Given.key("tpm_limit", 1_000, "max_budget", 1);

        var refused = admit(batch(key, 5_000, "estimated_cost_usd", 2));
        var other = admit(request(key, "input_tokens", 1_000, "max_output_tokens", 0, "estimated_cost_usd", 0));

        assertThat(refused.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(other.getBoolean("admitted")).isTrue();
    }

    @Test
    void batch_work_of_a_key_whose_budget_is_spent_goes_on_throttled_as_it_is_explained() {
        var key = Given.key("max_budget", 0, "rpm_limit", 20, "tpm_limit", 1_000, "throttle_on_budget_exceeded", true);
        var small = batch(key, 50, "estimated_cost_usd", 1);
        var large = batch(key, 500, "estimated_cost_usd", 1);

        var explained = Api.asMaster().create("/v1/admissions/explain", small);
        var admitted = admit(small);
        var pending = admit(large);

        assertThat(explained.getBoolean("would_admit")).isTrue();
        assertThat(admitted.getBoolean("admitted")).isTrue();
        assertThat(pending.getString("refusal.reason")).isEqualTo("batch_pending");
        assertThat(pending.getList("refusal.batch.limits.needed", Integer.class))
                .as("the throttled rates are asked beside the key's own")
                .containsExactly(1, 500, 1, 500);
    }

    @Test
    void explain_names_what_no_part_would_help_as_the_refusal_does() {
        var key = Given.key("tpm_limit", 1_000, "max_budget", 1);
        var batch = batch(key, 5_000, "estimated_cost_usd", 2);

        var explained = Api.asMaster().create("/v1/admissions/explain", batch);
        var refused = admit(batch);

        assertThat(explained.getList("refusal.limits.kind")).containsExactly("budget");
        assertThat(explained.getString("refusal.reason")).isEqualTo(refused.getString("refusal.reason"));
    }

    @Test
    void limits_under_other_roots_give_their_parts_too() {
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", Map.of("user_id", customer, "tpm_limit", 1_000));
        var key = Given.key("tpm_limit", 100_000);

        var pending = admit(batch(key, 10_000, "end_user", customer));

        assertThat(pending.getList("refusal.batch.limits.scope")).containsExactly("key", "end_user");
        assertThat(pending.getList("refusal.batch.limits.taken", Integer.class)).containsExactly(500, 500);
        assertThat(pending.getString("refusal.scope")).isEqualTo("end_user");
    }

    @Test
    void a_rate_in_shadow_mode_gives_what_it_has_and_is_not_waited_for() {
        var key = Given.key("rpm_limit", 100, "tpm_limit", 300, "shadow_limits", List.of("tokens"));
        var batch = batch(key, 10_000, "requests", 1_000);

        var pending = admit(batch);
        var after = Api.asMaster().create("/v1/admissions/explain", batch);

        assertThat(pending.getList("refusal.batch.limits.taken", Integer.class)).containsExactly(50, 150);
        assertThat(pending.getFloat("refusal.batch.taken")).isEqualTo(0.05f);
        assertThat(after.getList("refusal.batch.limits.taken", Integer.class))
                .as("the same as those who ask again read it")
                .containsExactly(50, 150);
    }

    @Test
    void explain_tells_how_far_a_batch_is_and_takes_nothing() {
        var key = Given.key("tpm_limit", 1_000);
        var batch = batch(key, 10_000);

        var before = Api.asMaster().create("/v1/admissions/explain", batch);
        admit(batch);
        var after = Api.asMaster().create("/v1/admissions/explain", batch);

        assertThat(before.getString("refusal.reason")).isEqualTo("batch_pending");
        assertThat(before.getFloat("refusal.batch.taken")).isZero();
        assertThat(after.getFloat("refusal.batch.taken")).isEqualTo(0.05f);
    }

    @Test
    void explain_says_when_the_rest_of_a_batch_would_be_admitted() throws Exception {
        var key = Given.key("tpm_limit", 6_000_000);
        var batch = batch(key, 6_050_000);
        var pending = admit(batch);
        Thread.sleep(pending.getLong("refusal.batch.complete_after_ms"));

        var explained = Api.asMaster().create("/v1/admissions/explain", batch);

        assertThat(explained.getBoolean("would_admit")).isTrue();
        assertThat(explained.getInt("levels[0].limits[0].charge")).isEqualTo(3_050_000);
        assertThat(admit(batch).getBoolean("admitted")).isTrue();
    }

    @Test
    void what_cannot_be_continued_or_is_no_batch_is_refused() {
        var key = Given.key();
        var nameless = batch(key, 10);
        nameless.remove("request_id");

        Api.asMaster().post("/v1/admissions", nameless).then().statusCode(400);
        Api.asMaster()
                .post("/v1/admissions", request(key, "requests", 5))
                .then()
                .statusCode(400);
        assertThat(admit(batch(Given.key("tpm_limit", 0), 10)).getString("refusal.reason"))
                .as("a limit of nothing never lets anything through")
                .isEqualTo("request_too_large");
    }
}
