package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How limits are meant: which tokens they count, what they promise, and what is left when a budget is spent. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LimitModesTest {

    @Inject
    PolicySnapshots policies;

    @Inject
    Charging charging;

    @Inject
    DegradedAdmission degraded;

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static JsonPath explain(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions/explain", request);
    }

    private static JsonPath settle(JsonPath admission, Map<String, Object> use) {
        return Api.asMaster().create("/v1/admissions/" + admission.getString("admission_id") + "/settlement", use);
    }

    private static void update(String key, Object... fields) {
        var body = Given.body(fields);
        body.put("key", key);
        Api.asMaster().create("/key/update", body);
    }

    // -- which tokens count

    @Test
    void a_token_rate_counts_the_tokens_that_it_is_told_to() {
        var input = Given.key("tpm_limit", 100, "tpm_limit_counts", "input");
        var output = Given.key("tpm_limit", 100, "tpm_limit_counts", "output", "tpd_limit", 1_000);

        var read = admit(request(input, "input_tokens", 100, "max_output_tokens", 5_000));
        var wrote = admit(request(output, "input_tokens", 5_000, "max_output_tokens", 90));

        assertThat(read.getBoolean("admitted")).isTrue();
        assertThat(read.getString("limits[0].kind")).isEqualTo("input_tokens");
        assertThat(read.getString("headers.'x-ratelimit-limit-tokens'")).isEqualTo("100");
        assertThat(wrote.getList("limits.kind")).containsExactly("output_tokens", "output_tokens_per_day");
        assertThat(wrote.getList("limits.remaining", Integer.class).get(1)).isEqualTo(910);
        assertThat(admit(request(input, "input_tokens", 50, "max_output_tokens", 0))
                        .getString("refusal.kind"))
                .isEqualTo("input_tokens");
        assertThat(explain(request(output)).getList("levels[0].limits.rule"))
                .containsExactly("tpm_limit of key", "tpd_limit of key");
    }

    @Test
    void a_settlement_corrects_only_the_tokens_that_are_counted() {
        var key = Given.key("tpm_limit", 1_000, "tpm_limit_counts", "output");
        settle(
                admit(request(key, "input_tokens", 100, "max_output_tokens", 1_000)),
                Map.of("input_tokens", 100, "output_tokens", 200, "cost_usd", 0));

        assertThat(admit(request(key, "input_tokens", 1, "max_output_tokens", 790))
                        .getBoolean("admitted"))
                .isTrue();
        assertThat(admit(request(key, "input_tokens", 1, "max_output_tokens", 100))
                        .getBoolean("admitted"))
                .isFalse();
    }

    @Test
    void rates_of_one_model_count_the_same_tokens_and_the_lower_of_two_alike_counts() {
        var key = Given.key(
                "tpm_limit_counts",
                "input",
                "model_tpm_limit",
                Map.of("gpt-4o", 100),
                "model_itpm_limit",
                Map.of("gpt-4o", 60));

        var answer = explain(request(key, "input_tokens", 80));

        assertThat(answer.getList("levels[0].limits.limit", Integer.class)).containsExactly(60);
        assertThat(answer.getString("levels[0].limits[0].rule")).isEqualTo("model_itpm_limit of key");
        assertThat(answer.getBoolean("would_admit")).isFalse();
    }

    // -- tags

    @Test
    void a_tags_rate_of_a_key_counts_that_keys_requests_with_the_tag() {
        var key = Given.key("tag_rpm_limit", Map.of("batch", 1), "rpm_limit", 10);

        var first = admit(request(key, "tags", List.of("batch")));
        var second = admit(request(key, "tags", List.of("batch", "nightly")));
        var untagged = admit(request(key));

        assertThat(first.getString("limits[0].tag")).isEqualTo("batch");
        assertThat(first.getString("limits[0].model")).isNull();
        assertThat(first.getString("headers.'x-ratelimit-tag_per_key-remaining-requests'"))
                .isEqualTo("0");
        assertThat(second.getString("refusal.kind")).isEqualTo("requests");
        assertThat(second.getString("refusal.limits[0].tag")).isEqualTo("batch");
        assertThat(untagged.getBoolean("admitted")).isTrue();
        assertThat(untagged.getInt("limits[0].remaining")).isEqualTo(8);
        assertThat(explain(request(key, "tags", List.of("batch"))).getString("levels[0].limits[0].rule"))
                .isEqualTo("tag_rpm_limit of key");
    }

    // -- dynamic

    @Test
    void a_dynamic_rate_is_counted_while_its_model_works_and_enforced_while_it_fails() {
        var model = Given.unique("flaky");
        var key = Given.key("rpm_limit", 1, "rpm_limit_type", "dynamic");
        var ask = new HashMap<>(request(key, "model", model, "estimated_cost_usd", 0));
        admit(fresh(ask));

        var second = admit(fresh(ask));
        var before = explain(fresh(ask));
        settle(second, Map.of("status", "failure"));
        var third = admit(fresh(ask));
        var after = explain(fresh(ask));

        assertThat(second.getBoolean("admitted")).isTrue();
        assertThat(before.getString("levels[0].verdict")).isEqualTo("shadow");
        assertThat(before.getString("levels[0].limits[0].why"))
                .isEqualTo("dynamic: counted and not enforced now; the model failed 0 times within the last minute");
        assertThat(third.getString("refusal.reason")).isEqualTo("rate_limited");
        assertThat(after.getString("levels[0].limits[0].why"))
                .isEqualTo("dynamic: enforced now; the model failed 1 times within the last minute");
    }

    @Test
    void another_models_failure_enforces_nothing() {
        var model = Given.unique("steady");
        var failing = Given.unique("flaky");
        var key = Given.key("tpm_limit", 200, "tpm_limit_type", "dynamic", "rpm_limit", 3);
        settle(admit(request(key, "model", failing)), Map.of("status", "failure"));
        admit(request(key, "model", model));

        var third = admit(request(key, "model", model));
        var fourth = admit(request(key, "model", model));

        assertThat(third.getBoolean("admitted")).isTrue();
        assertThat(fourth.getString("refusal.kind"))
                .as("the other rate has no type and is enforced")
                .isEqualTo("requests");
    }

    private static Map<String, Object> fresh(Map<String, Object> request) {
        request.put("request_id", Given.unique("request"));
        return request;
    }

    // -- throttling

    @Test
    void a_throttled_key_goes_on_at_a_part_of_its_rates_when_its_budget_is_spent() {
        var key = Given.key("max_budget", 1, "rpm_limit", 20, "throttle_on_budget_exceeded", true);
        settle(admit(request(key, "estimated_cost_usd", 1)), Map.of("output_tokens", 1, "cost_usd", 1));

        var explained = explain(request(key, "estimated_cost_usd", "0.1"));
        var first = admit(request(key, "estimated_cost_usd", "0.1"));
        var second = admit(request(key, "estimated_cost_usd", "0.1"));
        var third = admit(request(key, "estimated_cost_usd", "0.1"));

        assertThat(explained.getBoolean("would_admit")).isTrue();
        assertThat(explained.getList("levels[0].limits.rule"))
                .containsExactly("throttle_on_budget_exceeded of key", "rpm_limit of key", "max_budget of key");
        assertThat(explained.getString("levels[0].limits[2].why"))
                .isEqualTo("spent: the key is throttled rather than refused");
        assertThat(first.getBoolean("admitted")).isTrue();
        assertThat(first.getList("warnings.kind")).containsExactly("budget");
        assertThat(first.getInt("limits.find { it.throttled == true }.limit")).isEqualTo(2);
        assertThat(first.getString("headers.'x-ratelimit-remaining-requests'")).isEqualTo("1");
        assertThat(second.getBoolean("admitted")).isTrue();
        assertThat(third.getString("refusal.reason")).isEqualTo("rate_limited");
        assertThat(third.getInt("refusal.limit")).isEqualTo(2);
        assertThat(third.getLong("refusal.retry_after_ms")).isBetween(25_000L, 30_000L);
    }

    @Test
    void a_throttled_request_that_is_repeated_gets_the_first_answer_and_takes_nothing_more() {
        var key = Given.key("max_budget", 0, "rpm_limit", 20, "throttle_on_budget_exceeded", true);
        var ask = request(key, "estimated_cost_usd", "0.1");

        var first = admit(ask);
        var again = admit(ask);
        Api.asMaster().delete("/v1/admissions/" + first.getString("admission_id"));

        assertThat(again.getString("admission_id")).isEqualTo(first.getString("admission_id"));
        assertThat(admit(request(key, "estimated_cost_usd", "0.1"))
                        .getInt("limits.find { it.throttled == true }.remaining"))
                .as("two a minute, one of them was given back")
                .isEqualTo(1);
    }

    @Test
    void at_least_one_request_a_minute_is_left_and_nothing_of_a_rate_of_zero() {
        var slow = Given.key("max_budget", 0, "rpm_limit", 3, "throttle_on_budget_exceeded", true);
        var stopped = Given.key("max_budget", 0, "rpm_limit", 0, "throttle_on_budget_exceeded", true);

        assertThat(admit(request(slow, "estimated_cost_usd", "0.1")).getBoolean("admitted"))
                .isTrue();
        assertThat(admit(request(slow, "estimated_cost_usd", "0.1")).getInt("refusal.limit"))
                .isEqualTo(1);
        assertThat(admit(request(stopped, "estimated_cost_usd", "0.1")).getBoolean("admitted"))
                .isFalse();
    }

    @Test
    void what_is_too_large_for_a_throttled_key_has_only_to_wait_for_the_budgets_next_period() {
        var key = Given.key(
                "max_budget", 1, "budget_duration", "1d", "tpm_limit", 1_000, "throttle_on_budget_exceeded", true);
        settle(admit(request(key, "estimated_cost_usd", 1)), Map.of("output_tokens", 1, "cost_usd", 1));
        var ask = request(key, "input_tokens", 150, "max_output_tokens", 0, "estimated_cost_usd", "0.1");

        var explained = explain(ask);
        var refused = admit(ask);

        for (var answer : List.of(explained, refused)) {
            assertThat(answer.getString("refusal.reason")).isEqualTo("rate_limited");
            assertThat(answer.getInt("refusal.limit")).isEqualTo(100);
            assertThat(answer.getLong("refusal.retry_after_ms")).isBetween(1L, 86_400_000L);
        }
        // never, where it is more than the whole rate
        assertThat(admit(request(key, "input_tokens", 1_001, "estimated_cost_usd", "0.1"))
                        .getString("refusal.reason"))
                .isEqualTo("request_too_large");
    }

    @Test
    void the_budgets_of_parents_refuse_all_the_same() {
        var team = Given.team("max_budget", "0.5");
        var key = Given.key("team_id", team, "max_budget", "0.1", "rpm_limit", 20, "throttle_on_budget_exceeded", true);

        var throttled = admit(request(key, "estimated_cost_usd", "0.3"));
        var refused = admit(request(key, "estimated_cost_usd", "0.3"));

        assertThat(throttled.getBoolean("admitted")).isTrue();
        assertThat(refused.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(refused.getString("refusal.scope")).isEqualTo("team");
        assertThat(refused.getList("refusal.limits.scope")).containsExactly("team");
    }

    @Test
    void a_key_without_rates_has_nothing_to_be_throttled_to_and_is_refused() {
        var key = Given.key("max_budget", 0, "throttle_on_budget_exceeded", true);

        assertThat(admit(request(key, "estimated_cost_usd", "0.1")).getString("refusal.reason"))
                .isEqualTo("budget_exceeded");
    }

    @Test
    void a_refused_throttled_request_takes_nothing_at_its_customer() {
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", Map.of("user_id", customer, "rpm_limit", 3));
        var key = Given.key("max_budget", 0, "rpm_limit", 10, "throttle_on_budget_exceeded", true);
        admit(request(key, "end_user", customer, "estimated_cost_usd", "0.1"));
        for (int i = 0; i < 5; i++) {
            assertThat(admit(request(key, "end_user", customer, "estimated_cost_usd", "0.1"))
                            .getString("refusal.scope"))
                    .isEqualTo("key");
        }

        var other = admit(request(Given.key(), "end_user", customer));

        assertThat(other.getInt("limits.find { it.scope == 'end_user' }.remaining"))
                .isEqualTo(1);
    }

    @Test
    void while_redis_is_away_a_key_that_would_be_throttled_goes_on_throttled_and_others_do_not() {
        var throttled = Given.key("max_budget", 1, "rpm_limit", 20, "throttle_on_budget_exceeded", true);
        var capped = Given.key("max_budget", 1, "rpm_limit", 20);

        var decisions =
                List.of(decideWithoutRedis(throttled), decideWithoutRedis(throttled), decideWithoutRedis(throttled));

        assertThat(decisions).extracting(Decision::degraded).containsOnly(true);
        assertThat(decisions.get(0)).isInstanceOf(Decision.Admitted.class);
        assertThat(decisions.get(2)).isInstanceOf(Decision.Refused.class);
        assertThat(((Decision.Refused) decisions.get(2)).refusal().reason()).isEqualTo(RefusalReason.RATE_LIMITED);
        assertThat(((Decision.Refused) decideWithoutRedis(capped)).refusal().reason())
                .isEqualTo(RefusalReason.LIMITS_UNAVAILABLE);
    }

    private Decision decideWithoutRedis(String key) {
        var request = new AdmissionRequest(
                Given.unique("request"), key, "gpt-4o", 1L, 1L, null, null, null, null, BigDecimal.ONE, null, null);
        return policies.of(SecretHash.of(key))
                .map(Optional::orElseThrow)
                .map(policy -> new Attempt(policy, List.of(), request, 1))
                .flatMap(attempt -> degraded.decide(
                        charging.record(attempt, Instant.now()), attempt.policy(), attempt.attachments(), request))
                .await()
                .atMost(Duration.ofSeconds(10));
    }

    // -- writing them

    @Test
    void modes_are_read_back_changed_and_cleared() {
        var key = Given.key(
                "rpm_limit_type", "dynamic",
                "tpm_limit_type", "best_effort_throughput",
                "tpm_limit_counts", "output",
                "throttle_on_budget_exceeded", true);

        var made = info(key);
        update(key, "rpm_limit_type", null, "throttle_on_budget_exceeded", false);
        var changed = info(key);

        assertThat(made.getString("info.rpm_limit_type")).isEqualTo("dynamic");
        assertThat(made.getBoolean("info.throttle_on_budget_exceeded")).isTrue();
        assertThat(changed.getString("info.rpm_limit_type")).isNull();
        assertThat(changed.getString("info.tpm_limit_type")).isEqualTo("best_effort_throughput");
        assertThat(changed.getString("info.tpm_limit_counts")).isEqualTo("output");
        assertThat((Object) changed.get("info.throttle_on_budget_exceeded")).isNull();
    }

    private static JsonPath info(String key) {
        return Api.asMaster().get("/key/info?key=" + key).jsonPath();
    }

    @Test
    void a_word_that_is_none_of_them_is_refused() {
        for (var field : List.of("rpm_limit_type", "tpm_limit_type", "tpm_limit_counts")) {
            var answer = Api.asMaster().post("/key/generate", Map.of(field, "best"));

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.jsonPath().getString("error.param")).isEqualTo(field);
        }
    }

    @Test
    void modes_that_nothing_would_enforce_there_are_refused() {
        for (var route : List.of("/budget/new", "/user/new", "/organization/new", "/customer/new")) {
            for (var field : List.of("rpm_limit_type", "throttle_on_budget_exceeded", "tag_rpm_limit")) {
                var body = Given.body(field, field.startsWith("rpm") ? "guaranteed_throughput" : (Object) true);
                body.put("user_id", Given.unique("somebody"));
                body.put("organization_alias", Given.unique("org"));

                var answer = Api.asMaster().post(route, body);

                assertThat(answer.statusCode()).as(route + " " + field).isEqualTo(400);
                assertThat(answer.jsonPath().getString("error.param")).isEqualTo(field);
            }
        }
    }

    @Test
    void a_mode_of_the_key_leaves_the_other_limits_of_its_budget_alone() {
        var budget = Given.unique("tier");
        Api.asMaster().create("/budget/new", Map.of("budget_id", budget, "tpd_limit", 10));
        var key = Given.key("budget_id", budget, "rpm_limit_type", "dynamic", "rpm_limit", 100);

        var explained = explain(request(key));

        assertThat(explained.getList("levels[0].limits.rule"))
                .containsExactly("rpm_limit of key", "tpd_limit of budget '" + budget + "'");
        assertThat(explained.getBoolean("would_admit")).isFalse();
    }
}
