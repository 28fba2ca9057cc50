package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Limits beyond the plain ones, on keys; other levels read them by the same code. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LimitsInDepthTest {

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static void settle(JsonPath admission, long input, long output, String cost) {
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", input, "output_tokens", output, "cost_usd", cost));
    }

    private static String idOf(String key) {
        return Api.asMaster().get("/key/info?key=" + key).jsonPath().getString("info.key_id");
    }

    @Test
    void several_windows_must_all_pass() {
        var key = Given.key(
                "max_budget",
                10,
                "budget_duration",
                "30d",
                "budget_limits",
                java.util.List.of(Map.of("budget_duration", "1d", "max_budget", 1)));

        var first = admit(request(key, "estimated_cost_usd", "0.8"));
        settle(first, 1, 1, "0.8");
        var second = admit(request(key, "estimated_cost_usd", "0.3"));

        assertThat(first.getList("limits.findAll { it.kind == 'budget' }.period"))
                .containsExactly("30d", "1d");
        assertThat(second.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(second.getFloat("refusal.limit")).isEqualTo(1f);
        assertThat(second.getFloat("refusal.spent")).isEqualTo(0.8f);
        assertThat(second.getLong("refusal.retry_after_ms")).isPositive();
    }

    @Test
    void a_window_that_two_caps_name_in_other_words_is_counted_once() {
        for (var words : Map.of("1mo", "30d", "1d", "24h", "1h", "60m").entrySet()) {
            var key = Given.key(
                    "max_budget",
                    2,
                    "budget_duration",
                    words.getKey(),
                    "budget_limits",
                    java.util.List.of(Map.of("budget_duration", words.getValue(), "max_budget", 1)));
            for (int i = 0; i < 3; i++) {
                assertThat(admit(request(key, "estimated_cost_usd", "0.3")).getBoolean("admitted"))
                        .as("%s %d", words, i)
                        .isTrue();
            }

            var fourth = admit(request(key, "estimated_cost_usd", "0.3"));

            assertThat(fourth.getFloat("refusal.limit")).isEqualTo(1f);
            assertThat(fourth.getFloat("refusal.held")).isEqualTo(0.9f);
        }
    }

    @Test
    void explain_tells_windows_from_the_main_cap() {
        var key = Given.key(
                "max_budget",
                10,
                "budget_duration",
                "30d",
                "budget_limits",
                java.util.List.of(Map.of("budget_duration", "1d", "max_budget", 1)));

        var answer = Api.asMaster().create("/v1/admissions/explain", request(key));

        assertThat(answer.getList("levels[0].limits.rule"))
                .containsExactly("max_budget of key", "budget_limits of key");
    }

    @Test
    void a_models_budget_is_its_own_and_survives_an_empty_redis() {
        var key = Given.key("model_max_budget", Map.of("gpt-4o", Map.of("max_budget", 1, "budget_duration", "1d")));
        settle(admit(request(key, "estimated_cost_usd", "0.9")), 1, 1, "0.9");

        assertThat(admit(request(key, "estimated_cost_usd", "0.2")).getString("refusal.model"))
                .isEqualTo("gpt-4o");
        assertThat(admit(request(key, "model", "gpt-4o-mini", "estimated_cost_usd", "0.2"))
                        .getBoolean("admitted"))
                .isTrue();
        assertThat(StoreAccess.queryOne(
                        "select spend_nano from spend_total where scope_kind = 'key_model' and scope_id = ? and period = '1d'",
                        idOf(key) + "/gpt-4o"))
                .isEqualTo("900000000");
    }

    @Test
    void a_budget_for_an_alias_counts_what_was_settled_of_its_model() {
        var key = Given.key(
                "aliases", Map.of("fast", "gpt-4o"),
                "model_max_budget", Map.of("fast", Map.of("max_budget", 1), "gpt-4o", Map.of("max_budget", 5)));
        settle(admit(request(key, "model", "fast", "estimated_cost_usd", "0.5")), 1, 1, "0.5");
        settle(admit(request(key, "estimated_cost_usd", "0.3")), 1, 1, "0.3");

        var refused = admit(request(key, "model", "fast", "estimated_cost_usd", "0.3"));

        assertThat(refused.getFloat("refusal.spent")).isEqualTo(0.8f);
        assertThat(refused.getFloat("refusal.limit")).isEqualTo(1f);
        assertThat(admit(request(key, "estimated_cost_usd", "0.3")).getFloat("limits[0].held"))
                .as("held once")
                .isEqualTo(0.3f);
        assertThat(admit(request(key, "model", "fast", "estimated_cost_usd", "0.1"))
                        .getBoolean("admitted"))
                .as("0.8 settled, 0.3 held by the model's other name")
                .isFalse();
    }

    @Test
    void a_models_budget_counts_what_was_used_before_it_was_set() {
        var key = Given.key();
        settle(admit(request(key)), 1, 1, "0.7");
        Api.asMaster()
                .create(
                        "/key/update",
                        Map.of("key", key, "model_max_budget", Map.of("gpt-4o", Map.of("max_budget", 1))));

        var answer = admit(request(key, "estimated_cost_usd", "0.4"));

        assertThat(answer.getFloat("refusal.spent")).isEqualTo(0.7f);
    }

    @Test
    void budgets_in_tokens_and_requests_count_what_was_settled() {
        var key = Given.key("token_budget", 1_000, "request_budget", 3, "budget_duration", "1d");
        settle(admit(request(key)), 300, 500, "0");

        var full = admit(request(key, "input_tokens", 100, "max_output_tokens", 101));
        var fits = admit(request(key, "input_tokens", 100, "max_output_tokens", 100));
        admit(request(key, "input_tokens", 0, "max_output_tokens", 0));
        var fourth = admit(request(key, "input_tokens", 0, "max_output_tokens", 0));

        assertThat(full.getString("refusal.kind")).isEqualTo("token_budget");
        assertThat(full.getInt("refusal.spent")).isEqualTo(800);
        assertThat(fits.getBoolean("admitted")).isTrue();
        assertThat(fourth.getString("refusal.kind")).isEqualTo("request_budget");
    }

    @Test
    void tokens_a_day_are_a_bucket_of_their_own() {
        var key = Given.key("tpd_limit", 500);

        assertThat(admit(request(key, "input_tokens", 400, "max_output_tokens", 0))
                        .getBoolean("admitted"))
                .isTrue();
        var refused = admit(request(key, "input_tokens", 200, "max_output_tokens", 0));

        assertThat(refused.getString("refusal.kind")).isEqualTo("tokens_per_day");
        // 100 tokens are earned in a fifth of a day
        assertThat(refused.getLong("refusal.retry_after_ms")).isBetween(17_200_000L, 17_280_000L);
    }

    @Test
    void input_and_output_tokens_are_limited_apart() {
        var key = Given.key("model_itpm_limit", Map.of("gpt-4o", 1_000), "model_otpm_limit", Map.of("gpt-4o", 100));

        assertThat(admit(request(key, "input_tokens", 900, "max_output_tokens", 100))
                        .getBoolean("admitted"))
                .isTrue();
        var refused = admit(request(key, "input_tokens", 50, "max_output_tokens", 50));

        assertThat(refused.getString("refusal.kind")).isEqualTo("output_tokens");
        assertThat(admit(request(key, "input_tokens", 50, "max_output_tokens", 0))
                        .getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void a_limit_in_shadow_mode_is_reported_and_admits() {
        var key = Given.key("rpm_limit", 1, "max_budget", 1, "shadow_limits", java.util.List.of("requests", "budget"));
        admit(request(key));

        var second = admit(request(key, "estimated_cost_usd", "2"));

        assertThat(second.getBoolean("admitted")).isTrue();
        assertThat(second.getList("warnings.kind")).containsExactlyInAnyOrder("requests", "budget");
        assertThat(second.getList("warnings.shadowed")).containsOnly(true);
    }

    @Test
    void days_begin_where_the_budgets_time_zone_says() {
        var key = Given.key("max_budget", 1, "budget_duration", "1d", "budget_time_zone", "Asia/Kolkata");

        var resets = admit(request(key)).getString("limits.find { it.kind == 'budget' }.resets_at");

        assertThat(resets).endsWith("18:30:00.000000Z");
    }

    @Test
    void unused_budget_is_carried_over_up_to_its_cap() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d", "budget_rollover", 4);
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days' where key_id = ?::uuid", idOf(key));
        StoreAccess.execute(
                "insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano) "
                        + "values ('key', ?, '1d', date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 day', "
                        + "date_trunc('day', now() at time zone 'UTC') at time zone 'UTC', 7000000000)",
                idOf(key));

        var carried = admit(request(key, "estimated_cost_usd", "12.5"));
        var tooMuch = admit(request(key, "estimated_cost_usd", "0.6"));

        // 3 of 10 were left over, so 13 may be spent today
        assertThat(carried.getFloat("limits[0].limit")).isEqualTo(13);
        assertThat(carried.getFloat("limits[0].carried")).isEqualTo(3);
        assertThat(carried.getFloat("limits[0].spent")).isZero();
        assertThat(carried.getFloat("limits[0].held")).isEqualTo(12.5f);
        assertThat(tooMuch.getString("refusal.body.error.message")).contains("Max budget: 13,", "Current cost: 0,");
        assertThat(carried.getBoolean("admitted")).isTrue();
        assertThat(tooMuch.getString("refusal.reason")).isEqualTo("budget_exceeded");
        settle(carried, 1, 1, "12");
        assertThat(admit(request(key, "estimated_cost_usd", "0.6")).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void what_was_carried_over_is_told_as_a_higher_limit_and_never_as_spent() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d", "budget_rollover", 4);
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days' where key_id = ?::uuid", idOf(key));
        spentYesterday(key, 8_000_000_000L);
        settle(admit(request(key, "estimated_cost_usd", "3")), 1, 1, "3");

        var request = request(key, "estimated_cost_usd", "1");
        var admitted = admit(request);
        var again = admit(request);
        var explained = Api.asMaster().create("/v1/admissions/explain", request(key, "estimated_cost_usd", "9"));
        var refused = admit(request(key, "estimated_cost_usd", "9"));

        for (var limit : List.of(
                admitted.<String, Object>getMap("limits[0]"),
                again.<String, Object>getMap("limits[0]"),
                explained.<String, Object>getMap("levels[0].limits[0]"),
                refused.<String, Object>getMap("refusal.limits[0]"))) {
            assertThat(limit)
                    .containsEntry("limit", 12)
                    .containsEntry("carried", 2)
                    .containsEntry("spent", 3);
        }
        assertThat(admitted.getFloat("limits[0].remaining")).isEqualTo(8);
        assertThat(admitted.getMap("headers"))
                .containsEntry("x-litellm-key-spend", "3")
                .containsEntry("x-litellm-key-max-budget", "12");
        assertThat(Api.asMaster().get("/key/info?key=" + key).jsonPath().getFloat("info.spend"))
                .isEqualTo(3);
        // what the next period will take over nobody knows yet: it has 10 for certain
        assertThat(refused.getLong("refusal.retry_after_ms")).isPositive();
        assertThat(admit(request(key, "estimated_cost_usd", "10.5")).getString("refusal.retry_after_ms"))
                .isNull();
    }

    @Test
    void what_was_refunded_is_told_as_spent_below_zero_and_not_as_carried_over() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d");
        Api.asMaster().create("/v1/adjustments", Map.of("key", key, "amount_usd", -3, "reason", "goodwill"));

        var limit = admit(request(key, "estimated_cost_usd", "1")).<String, Object>getMap("limits[0]");

        assertThat(limit).containsEntry("limit", 10).containsEntry("spent", -3).doesNotContainKey("carried");
    }

    @Test
    void no_time_is_named_by_which_the_temporary_increase_will_be_over_that_the_request_needs() {
        var key = Given.key("max_budget", 10, "budget_duration", "99999d");
        Api.asMaster()
                .create(
                        "/key/update",
                        Map.of(
                                "key",
                                key,
                                "temp_budget_increase",
                                5,
                                "temp_budget_expiry",
                                Instant.now().plus(1, ChronoUnit.HOURS).toString()));
        settle(admit(request(key, "estimated_cost_usd", "12")), 1, 1, "12");

        assertThat(admit(request(key, "estimated_cost_usd", "12")).getString("refusal.retry_after_ms"))
                .isNull();
        assertThat(admit(request(key, "estimated_cost_usd", "9")).getLong("refusal.retry_after_ms"))
                .isPositive();
    }

    @Test
    void a_temporary_increase_is_not_carried_over_as_unused() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d", "budget_rollover", 4);
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days', temp_budget_increase_nano = 2000000000, "
                        + "temp_budget_expires_at = now() + interval '1 hour' where key_id = ?::uuid",
                idOf(key));
        spentYesterday(key, 9_000_000_000L);

        // one was left over, and two may be spent beyond the cap for a time
        assertThat(admit(request(key, "estimated_cost_usd", "13.1")).getBoolean("admitted"))
                .isFalse();
        assertThat(admit(request(key, "estimated_cost_usd", "13")).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void what_was_forgiven_of_the_window_before_is_left_over_of_it() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d", "budget_rollover", 4);
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days' where key_id = ?::uuid", idOf(key));
        spentYesterday(key, 9_000_000_000L);
        StoreAccess.execute(
                "insert into spend_adjustment (scope_kind, scope_id, period, period_start, period_end, forgiven_nano, adjusted_by) "
                        + "select scope_kind, scope_id, period, period_start, period_end, 2000000000, 'test' from spend_total "
                        + "where scope_id = ? and period = '1d'",
                idOf(key));

        // one of ten was left, and nine count as seven
        var limit = admit(request(key, "estimated_cost_usd", "13")).<String, Object>getMap("limits[0]");

        assertThat(limit).containsEntry("limit", 13).containsEntry("carried", 3);
    }

    @Test
    void a_rollover_that_is_set_in_the_middle_of_a_period_counts_at_once() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d");
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days' where key_id = ?::uuid", idOf(key));
        spentYesterday(key, 7_000_000_000L);
        settle(admit(request(key, "estimated_cost_usd", "9")), 1, 1, "9");
        assertThat(admit(request(key, "estimated_cost_usd", "2")).getBoolean("admitted"))
                .isFalse();

        Api.asMaster().create("/key/update", Map.of("key", key, "budget_rollover", 4));
        var limit = Api.asMaster()
                .create("/v1/admissions/explain", request(key, "estimated_cost_usd", "2"))
                .<String, Object>getMap("levels[0].limits[0]");

        assertThat(limit)
                .containsEntry("limit", 13)
                .containsEntry("carried", 3)
                .containsEntry("spent", 9)
                .containsEntry("remaining", 4);
        settle(admit(request(key, "estimated_cost_usd", "2")), 1, 1, "2");
        assertThat(admit(request(key, "estimated_cost_usd", "2.1")).getBoolean("admitted"))
                .isFalse();
        assertThat(admit(request(key, "estimated_cost_usd", "2")).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void a_use_that_nobody_admitted_takes_away_nothing_of_what_is_carried_into_its_period() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d", "budget_rollover", 4);
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days' where key_id = ?::uuid", idOf(key));
        spentYesterday(key, 7_000_000_000L);
        var use = Map.of(
                "request_id",
                Given.unique("use"),
                "api_key",
                key,
                "model",
                "gpt-4o",
                "input_tokens",
                1,
                "output_tokens",
                1,
                "cost_usd",
                "1");
        Api.asMaster().create("/v1/usage", Map.of("uses", List.of(use)));

        var limit = admit(request(key, "estimated_cost_usd", "12")).<String, Object>getMap("limits[0]");

        assertThat(limit)
                .containsEntry("limit", 13)
                .containsEntry("carried", 3)
                .containsEntry("spent", 1)
                .containsEntry("remaining", 0);
    }

    @Test
    void only_the_main_cap_takes_unused_budget_over() {
        var key = Given.key(
                "max_budget",
                10,
                "budget_limits",
                List.of(Map.of("budget_duration", "1d", "max_budget", 10)),
                "budget_duration",
                "99999d",
                "budget_rollover",
                4);
        StoreAccess.execute(
                "update api_key set created_at = now() - interval '3 days' where key_id = ?::uuid", idOf(key));
        spentYesterday(key, 0);

        var day = admit(request(key, "estimated_cost_usd", "10.1"));

        assertThat(day.getList("refusal.limits.period")).contains("1d");
    }

    private static void spentYesterday(String key, long nanoUsd) {
        StoreAccess.execute(
                "insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano) "
                        + "values ('key', ?, '1d', date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 day', "
                        + "date_trunc('day', now() at time zone 'UTC') at time zone 'UTC', " + nanoUsd + ")",
                idOf(key));
    }

    @Test
    void explain_tells_windows_from_the_main_cap_also_where_more_may_be_spent_for_a_time() {
        var key =
                Given.key("max_budget", 10, "budget_limits", List.of(Map.of("budget_duration", "1d", "max_budget", 2)));
        Api.asMaster()
                .create(
                        "/key/update",
                        Map.of("key", key, "temp_budget_increase", 5, "temp_budget_expiry", "2999-01-01T00:00:00Z"));

        var explained = Api.asMaster().create("/v1/admissions/explain", request(key));

        assertThat(explained.getList("levels[0].limits.rule"))
                .containsExactly("max_budget of key", "budget_limits of key");
        assertThat(explained.getList("levels[0].limits.limit", Integer.class)).containsExactly(15, 7);
    }

    @Test
    void a_shared_budgets_tokens_and_requests_keep_their_period_beside_a_cap_of_the_keys_own() {
        var budget = Given.unique("budget");
        Api.asMaster()
                .create(
                        "/budget/new",
                        Map.of(
                                "budget_id",
                                budget,
                                "token_budget",
                                1_000,
                                "request_budget",
                                5,
                                "budget_duration",
                                "1d"));
        var capped = Given.key("max_budget", 10, "budget_id", budget);
        var bare = Given.key("budget_id", budget);

        assertThat(admit(request(capped)).getList("limits.period")).containsExactly(null, "1d", "1d");
        assertThat(admit(request(bare)).getList("limits.findAll { it.limit != null }.period"))
                .containsExactly("1d", "1d");
    }

    @Test
    void limits_of_patterns_of_models_are_refused_since_they_would_limit_nothing() {
        for (var field : List.of("model_rpm_limit", "model_tpm_limit", "model_itpm_limit", "model_otpm_limit")) {
            Api.asMaster()
                    .post("/key/generate", Map.of(field, Map.of("gpt-4o", 5, "gpt-*", 5)))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo(field + ".gpt-*"));
        }
        Api.asMaster()
                .post("/team/new", Map.of("model_max_budget", Map.of("openai/*", Map.of("max_budget", 1))))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("model_max_budget.openai/*"));
    }

    @Test
    void limits_of_access_groups_are_refused_since_they_would_limit_nothing() {
        var group = Given.unique("group");
        Api.asMaster()
                .post("/v1/access_group", Map.of("access_group_name", group, "access_model_names", List.of("gpt-4o")))
                .then()
                .statusCode(201);
        var budget = Map.of(group, Map.of("max_budget", 1));
        var rate = Map.of("gpt-4o", 1, group, 2);
        var key = Given.key("model_rpm_limit", Map.of("gpt-4o", 1));

        refusesLimit("/key/generate", Map.of("model_max_budget", budget), "model_max_budget." + group);
        refusesLimit("/key/update", Map.of("key", key, "model_rpm_limit", rate), "model_rpm_limit." + group);
        refusesLimit("/team/new", Map.of("model_tpm_limit", rate), "model_tpm_limit." + group);
        refusesLimit("/organization/new", organizationWith("model_rpm_limit", rate), "model_rpm_limit." + group);
        refusesLimit("/user/new", Map.of("model_itpm_limit", rate), "model_itpm_limit." + group);
        refusesLimit("/budget/new", Map.of("model_max_budget", budget), "model_max_budget." + group);
        refusesLimit(
                "/customer/new",
                Map.of("user_id", Given.unique("customer"), "model_max_budget", budget),
                "model_max_budget." + group);
        assertThat(Api.asMaster().get("/key/info?key=" + key).jsonPath().getMap("info.metadata.model_rpm_limit"))
                .isEqualTo(Map.of("gpt-4o", 1));
    }

    private static Map<String, Object> organizationWith(String field, Object value) {
        return Map.of("organization_alias", Given.unique("organization"), field, value);
    }

    private static void refusesLimit(String path, Map<String, Object> body, String field) {
        Api.asMaster()
                .post(path, body)
                .then()
                .statusCode(400)
                .body("error.param", equalTo(field))
                .body("error.message", containsString("access group"));
    }

    /** Whoever asks for the model by its name is limited, whatever groups are called. */
    @Test
    void a_model_of_its_groups_name_can_be_limited() {
        var model = Given.unique("model");
        Api.asMaster()
                .post("/v1/access_group", Map.of("access_group_name", model, "access_model_names", List.of(model)))
                .then()
                .statusCode(201);

        var key = Given.key("model_rpm_limit", Map.of(model, 1));

        assertThat(admit(request(key, "model", model)).getBoolean("admitted")).isTrue();
        assertThat(admit(request(key, "model", model)).getString("refusal.model"))
                .isEqualTo(model);
    }

    @Test
    void a_new_key_has_nothing_to_carry_over() {
        var key = Given.key("max_budget", 10, "budget_duration", "1d", "budget_rollover", 4);

        assertThat(admit(request(key, "estimated_cost_usd", "10.1")).getBoolean("admitted"))
                .isFalse();
    }
}
