package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class EstimateTest {

    private static JsonPath decide(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static Map<String, Object> open(String key, Object... fields) {
        var request = request(key, fields);
        request.remove("max_output_tokens");
        return request;
    }

    private static void answered(String key, long output, Object... fields) {
        var admission = decide(open(key)).getString("admission_id");
        var body = Given.body(fields);
        body.put("input_tokens", 10);
        body.put("output_tokens", output);
        Api.asMaster().create("/v1/admissions/" + admission + "/settlement", body);
    }

    private static BigDecimal cost(JsonPath answer) {
        return new BigDecimal(answer.getString("estimate.cost_usd"));
    }

    @Test
    void the_requests_own_number_is_taken_and_named_as_such() {
        var answer = decide(request(Given.key("max_budget", 10), "input_tokens", 900, "max_output_tokens", 600));

        assertThat(answer.getInt("estimate.tokens")).isEqualTo(1_500);
        assertThat(cost(answer)).isEqualByComparingTo("0.00825");
        assertThat(answer.getString("estimate.source")).isEqualTo("request");
        assertThat(answer.getBoolean("estimate.bounded")).isFalse();
    }

    @Test
    void without_a_number_the_default_is_taken_until_enough_answers_were_seen() {
        var key = Given.key("max_budget", 10);
        for (int i = 0; i < 19; i++) {
            answered(key, 200);
        }
        var before = decide(open(key));
        answered(key, 200);
        var after = decide(open(key));

        assertThat(before.getString("estimate.source")).isEqualTo("default");
        assertThat(before.getInt("estimate.tokens")).isEqualTo(1_124);
        assertThat(after.getString("estimate.source")).isEqualTo("observed");
        assertThat(after.getInt("estimate.tokens")).isBetween(300, 325);
        var otherModel = decide(open(key, "model", "gpt-4o-mini"));
        assertThat(otherModel.getString("estimate.source")).isEqualTo("default");
    }

    @Test
    void failed_and_broken_off_answers_teach_nothing() {
        var key = Given.key("max_budget", 10);
        for (int i = 0; i < 20; i++) {
            answered(key, 1, i % 2 == 0 ? "status" : "partial", i % 2 == 0 ? "failure" : true);
        }

        assertThat(decide(open(key)).getString("estimate.source")).isEqualTo("default");
    }

    @Test
    void a_repeated_request_is_told_the_first_estimate() {
        var key = Given.key("max_budget", 10);
        var request = open(key);
        var first = decide(request);
        for (int i = 0; i < 20; i++) {
            answered(key, 200);
        }

        assertThat(decide(request).getMap("estimate")).isEqualTo(first.getMap("estimate"));
    }

    @Test
    void one_huge_request_cannot_lock_a_small_budget() {
        var key = Given.key("max_budget", 0.50);

        // 64,000 tokens would cost 0.64 dollars: more than the budget has
        var first = decide(request(key, "max_output_tokens", 64_000));
        assertThat(first.getBoolean("admitted")).isTrue();
        assertThat(first.getBoolean("estimate.bounded")).isTrue();
        assertThat(cost(first)).isEqualByComparingTo("0.125");
        assertThat(first.getInt("estimate.tokens")).isEqualTo(64_100);
        for (int i = 0; i < 3; i++) {
            assertThat(decide(request(key, "max_output_tokens", 64_000)).getBoolean("admitted"))
                    .isTrue();
        }

        var refused = decide(request(key, "max_output_tokens", 64_000));
        assertThat(refused.getBoolean("admitted")).isFalse();
        assertThat(refused.getDouble("refusal.held")).isEqualTo(0.5);
        assertThat(refused.getBoolean("estimate.bounded")).isTrue();
    }

    @Test
    void one_huge_request_cannot_lock_a_small_budget_of_tokens() {
        var key = Given.key("token_budget", 20_000);

        var first = decide(request(key, "max_output_tokens", 64_000));
        assertThat(first.getBoolean("admitted")).isTrue();
        assertThat(first.getBoolean("estimate.bounded")).isTrue();
        assertThat(first.getInt("estimate.tokens")).isEqualTo(64_100);
        assertThat(first.getInt("limits[0].held")).isEqualTo(5_000);
        for (int i = 0; i < 3; i++) {
            assertThat(decide(request(key, "max_output_tokens", 64_000)).getBoolean("admitted"))
                    .isTrue();
        }
        var explained = Api.asMaster().create("/v1/admissions/explain", request(key, "max_output_tokens", 64_000));
        assertThat(explained.getBoolean("would_admit")).isFalse();
        assertThat(explained.getInt("levels[0].limits[0].charge")).isEqualTo(5_000);

        // what was used counts, however much was held
        Api.asMaster()
                .create(
                        "/v1/admissions/" + first.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", 100, "output_tokens", 200));
        assertThat(decide(request(key, "max_output_tokens", 64_000)).getInt("refusal.spent"))
                .isEqualTo(300);
        assertThat(decide(request(key, "max_output_tokens", 1_000)).getInt("limits[0].held"))
                .isEqualTo(15_000 + 1_100);
    }

    @Test
    void a_budget_of_tokens_holds_what_an_answer_usually_is_even_when_it_is_much_of_it() {
        var key = Given.key("token_budget", 2_000);

        // 100 in, and 1,024 that are expected without history
        assertThat(decide(request(key, "max_output_tokens", 64_000)).getInt("limits[0].held"))
                .isEqualTo(1_124);
    }

    @Test
    void a_huge_number_counts_no_more_than_the_configured_tokens_in_a_large_budget_of_tokens() {
        var answer = decide(request(Given.key("token_budget", 1_000_000), "max_output_tokens", 64_000));

        assertThat(answer.getInt("limits[0].held")).isEqualTo(100 + 16_384);
        assertThat(cost(answer)).isEqualByComparingTo("0");
    }

    @Test
    void a_huge_number_counts_no_more_than_the_configured_tokens_in_a_large_budget() {
        var answer = decide(request(Given.key("max_budget", 1_000, "tpm_limit", 200_000), "max_output_tokens", 64_000));

        // 100 in, 16,384 out
        assertThat(cost(answer)).isEqualByComparingTo("0.16409");
        assertThat(answer.getInt("limits.find { it.kind == 'tokens' }.remaining"))
                .isEqualTo(200_000 - 64_100);
    }

    @Test
    void what_an_answer_usually_costs_is_held_even_when_it_is_much_of_the_budget() {
        // 1,024 tokens are what is expected without history: 0.01024 dollars and the input
        var key = Given.key("max_budget", 0.02);

        var answer = decide(request(key, "max_output_tokens", 64_000));

        assertThat(cost(answer)).isEqualByComparingTo("0.01049");
        assertThat(decide(request(key, "max_output_tokens", 64_000)).getBoolean("admitted"))
                .isFalse();
    }

    @Test
    void what_the_caller_says_about_the_cost_is_held_as_it_is() {
        var key = Given.key("max_budget", 0.50);

        var answer = decide(request(key, "max_output_tokens", 64_000, "estimated_cost_usd", 0.45));

        assertThat(cost(answer)).isEqualByComparingTo("0.45");
        assertThat(answer.getBoolean("estimate.bounded")).isFalse();
    }
}
