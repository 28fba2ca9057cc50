package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AdmissionTest {

    private static Response admit(Map<String, Object> request) {
        return Api.asMaster().post("/v1/admissions", request);
    }

    private static JsonPath admitted(Map<String, Object> request) {
        var answer = admit(request);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getBoolean("admitted"))
                .as(answer.asString())
                .isTrue();
        return answer.jsonPath();
    }

    private static JsonPath refused(Map<String, Object> request) {
        var answer = admit(request);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getBoolean("admitted"))
                .as(answer.asString())
                .isFalse();
        return answer.jsonPath();
    }

    private static Response settle(String admissionId, Object... fields) {
        return Api.asMaster().post("/v1/admissions/" + admissionId + "/settlement", Given.body(fields));
    }

    // -- what an admission tells

    @Test
    void an_admission_names_everybody_concerned_and_how_their_limits_stand() {
        var organization = Given.organization("rpm_limit", 1000);
        var team = Given.team(
                "organization_id", organization, "tpm_limit", 40_000, "metadata", Map.of("cost_center", "c-7"));
        var user = Given.user();
        Api.asMaster()
                .create("/team/member_add", Map.of("team_id", team, "member", Map.of("user_id", user, "role", "user")));
        var key = Given.key("team_id", team, "user_id", user, "rpm_limit", 60, "tags", List.of("search"));

        var answer = admitted(request(key, "input_tokens", 900, "max_output_tokens", 600, "end_user", "c-17"));

        assertThat(answer.getString("admission_id")).isNotBlank();
        assertThat(answer.getString("organization_id")).isEqualTo(organization);
        assertThat(answer.getString("team_id")).isEqualTo(team);
        assertThat(answer.getString("user_id")).isEqualTo(user);
        assertThat(answer.getString("end_user")).isEqualTo("c-17");
        assertThat(answer.getString("metadata.cost_center")).isEqualTo("c-7");
        assertThat(answer.getList("tags")).containsExactly("search");
        assertThat(answer.getString("headers.x-ratelimit-limit-requests")).isEqualTo("60");
        assertThat(answer.getString("headers.x-ratelimit-remaining-requests")).isEqualTo("59");
        assertThat(answer.getString("headers.x-ratelimit-remaining-tokens")).isEqualTo("38500");
        assertThat(answer.getList("limits.scope")).containsExactly("key", "team", "organization");
        assertThat(answer.getInt("limits.find { it.scope == 'team' }.remaining"))
                .isEqualTo(38_500);
        assertThat(answer.getInt("limits.find { it.scope == 'team' }.reset_ms")).isEqualTo(2_250);
        assertThat(answer.getBoolean("degraded")).isFalse();
    }

    @Test
    void a_key_without_limits_is_admitted() {
        var answer = admitted(request(Given.key()));

        assertThat(answer.getList("limits")).isEmpty();
        assertThat(answer.getString("organization_id")).isNull();
    }

    @Test
    void repeating_a_request_id_gives_the_first_answer_and_takes_nothing_more() {
        var key = Given.key("rpm_limit", 10);
        var request = request(key);

        var first = admitted(request);
        var second = admitted(request);

        assertThat(second.getString("admission_id")).isEqualTo(first.getString("admission_id"));
        assertThat(second.getString("expires_at")).isEqualTo(first.getString("expires_at"));
        assertThat(second.getInt("limits[0].remaining")).isEqualTo(first.getInt("limits[0].remaining"));
        assertThat(admitted(request(key)).getInt("limits[0].remaining")).isEqualTo(8);
    }

    // -- rates

    @Test
    void two_hundred_parallel_callers_on_fifty_requests_a_minute_get_fifty_and_what_refilled() {
        var key = Given.key("rpm_limit", 50);
        var calls = Calls.to(RestAssured.port);
        calls.post("/v1/admissions", Admissions.requestJson(key, "model", "warm"));
        Api.asMaster().post("/v1/admissions", request(Given.key()));

        long started = System.nanoTime();
        var answers =
                calls.postAll("/v1/admissions", IntStream.range(0, 200).mapToObj(n -> Admissions.requestJson(key)));
        long refilled = (System.nanoTime() - started) * 50 / 60_000_000_000L + 1;

        long admitted = answers.stream().filter(Calls.Answer::admitted).count();
        assertThat(admitted + 1).isBetween(50L, 50 + refilled + 1);
        assertThat(answers).allMatch(answer -> answer.status() == 200);
    }

    @Test
    void a_refusal_for_a_rate_is_complete_with_what_the_proxy_should_send() {
        var team = Given.team("tpm_limit", 1000);
        var key = Given.key("team_id", team);
        admitted(request(key, "input_tokens", 800, "max_output_tokens", 100));

        var refusal = refused(request(key, "input_tokens", 800, "max_output_tokens", 100));

        assertThat(refusal.getString("refusal.reason")).isEqualTo("rate_limited");
        assertThat(refusal.getString("refusal.scope")).isEqualTo("team");
        assertThat(refusal.getString("refusal.id")).isEqualTo(team);
        assertThat(refusal.getString("refusal.kind")).isEqualTo("tokens");
        assertThat(refusal.getInt("refusal.limit")).isEqualTo(1000);
        assertThat(refusal.getInt("refusal.remaining")).isBetween(100, 110);
        assertThat(refusal.getInt("refusal.retry_after_ms")).isBetween(46_000, 48_000);
        assertThat(refusal.getString("refusal.headers.retry-after")).isIn("47", "48");
        assertThat(refusal.getInt("refusal.status")).isEqualTo(429);
        assertThat(refusal.getString("refusal.body.error.type")).isEqualTo("throttling_error");
        assertThat(refusal.getString("refusal.body.error.code")).isEqualTo("429");
        assertThat(refusal.getString("refusal.body.error.message")).contains("Rate limit exceeded for team");
    }

    @Test
    void a_refused_admission_leaves_every_bucket_and_hold_as_it_was() {
        var organization = Given.organization("max_budget", 1.00);
        var team = Given.team("organization_id", organization, "rpm_limit", 100, "tpm_limit", 100_000);
        var key = Given.key("team_id", team, "rpm_limit", 2);
        admitted(request(key, "estimated_cost_usd", 0.10));
        admitted(request(key, "estimated_cost_usd", 0.10));

        for (int i = 0; i < 5; i++) {
            refused(request(key, "estimated_cost_usd", 0.10));
        }

        var other = admitted(request(Given.key("team_id", team), "estimated_cost_usd", 0.10));
        // three taken, and at most a few refilled since; the five refusals would have made it 92
        assertThat(other.getInt("limits.find { it.scope == 'team' && it.kind == 'requests' }.remaining"))
                .isBetween(97, 99);
        assertThat(other.getDouble("limits.find { it.kind == 'budget' }.held")).isEqualTo(0.3);
    }

    @Test
    void the_most_specific_exhausted_limit_is_named_and_all_are_listed() {
        var team = Given.team("rpm_limit", 1);
        var key = Given.key("team_id", team, "rpm_limit", 1);
        admitted(request(key));

        var refusal = refused(request(key));

        assertThat(refusal.getString("refusal.scope")).isEqualTo("key");
        assertThat(refusal.getList("refusal.limits.scope")).containsExactly("key", "team");
    }

    @Test
    void a_limit_of_zero_admits_nothing_and_says_that_waiting_does_not_help() {
        var refusal = refused(request(Given.key("rpm_limit", 0)));

        assertThat(refusal.getString("refusal.reason")).isEqualTo("request_too_large");
        assertThat(refusal.getString("refusal.retry_after_ms")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tpm_limit", "tpd_limit", "token_budget", "request_budget", "max_parallel_requests"})
    void a_limit_of_zero_refuses_also_what_would_take_nothing_of_it(String field) {
        var refusal = refused(request(Given.key(field, 0), "input_tokens", 0, "max_output_tokens", 0));

        assertThat(refusal.getList("refusal.limits")).hasSize(1);
        assertThat(refusal.getString("refusal.retry_after_ms")).isNull();
    }

    @Test
    void a_model_of_which_no_output_is_allowed_is_refused_also_for_a_request_without_output() {
        var key = Given.key("model_otpm_limit", Map.of("gpt-4o", 0));

        assertThat(refused(request(key, "max_output_tokens", 0)).getString("refusal.kind"))
                .isEqualTo("output_tokens");
    }

    @Test
    void a_budget_of_no_dollars_leaves_what_is_free() {
        var key = Given.key("max_budget", 0);

        assertThat(refused(request(key, "estimated_cost_usd", "0.000000001")).getString("refusal.reason"))
                .isEqualTo("budget_exceeded");
        admitted(request(key, "estimated_cost_usd", 0));
    }

    @Test
    void per_model_rates_count_that_model_only() {
        var key = Given.key("model_rpm_limit", Map.of("gpt-4o", 1));
        admitted(request(key));

        var refusal = refused(request(key));

        assertThat(refusal.getString("refusal.model")).isEqualTo("gpt-4o");
        admitted(request(key, "model", "gpt-4o-mini"));
    }

    @Test
    void parallel_slots_are_freed_by_settlement_and_by_release() {
        var key = Given.key("max_parallel_requests", 2);
        var first = admitted(request(key)).getString("admission_id");
        var second = admitted(request(key)).getString("admission_id");
        assertThat(refused(request(key)).getString("refusal.reason")).isEqualTo("parallel_limited");

        settle(first, "input_tokens", 1, "output_tokens", 1).then().statusCode(200);
        admitted(request(key));
        Api.asMaster().delete("/v1/admissions/" + second).then().statusCode(200);
        admitted(request(key));

        refused(request(key));
    }

    @Test
    void a_users_own_limits_count_with_team_keys_too() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization, "rpm_limit", 10);
        var user = Given.user("rpm_limit", 1);
        var key = Given.key("team_id", team, "user_id", user);
        admitted(request(key));

        var refusal = refused(request(key));

        assertThat(refusal.getString("refusal.scope")).isEqualTo("user");
        var other = admitted(request(Given.key("team_id", team)));
        assertThat(other.getInt("limits[0].remaining")).isEqualTo(8);
    }

    @Test
    void a_repeated_request_of_a_key_that_was_blocked_meanwhile_is_refused_and_frees_nothing() {
        var user = Given.user("max_parallel_requests", 1);
        var key = Given.key("team_id", Given.team("organization_id", Given.organization()), "user_id", user);
        var again = request(key);
        var first = admitted(again);
        Api.asMaster().create("/key/block", Map.of("key", key));

        assertThat(refused(again).getString("refusal.reason")).isEqualTo("blocked");
        assertThat(refused(request(Given.key("user_id", user))).getString("refusal.kind"))
                .as("the first one is still under way")
                .isEqualTo("max_parallel_requests");
        Api.asMaster().create("/key/unblock", Map.of("key", key));
        assertThat(admitted(again).getString("admission_id")).isEqualTo(first.getString("admission_id"));
    }

    @Test
    void a_users_own_limit_that_was_raised_or_cleared_refuses_no_request_of_a_team_key() {
        var user = Given.user("rpm_limit", 1, "max_budget", 0);
        var key = Given.key("team_id", Given.team("organization_id", Given.organization()), "user_id", user);
        refused(request(key));

        Api.asMaster().create("/user/update", Map.of("user_id", user, "max_budget", 5));
        admitted(request(key));
        refused(request(key));
        Api.asMaster().create("/user/update", Map.of("user_id", user, "rpm_limit", 5));
        admitted(request(key));
        var cleared = Given.body("user_id", user, "rpm_limit", null, "max_budget", null);
        Api.asMaster().create("/user/update", cleared);
        for (int i = 0; i < 5; i++) {
            admitted(request(key));
        }
    }

    @Test
    void a_refusal_by_the_tenant_gives_the_users_own_limits_back() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization, "rpm_limit", 1);
        var user = Given.user("rpm_limit", 10);
        var key = Given.key("team_id", team, "user_id", user);
        admitted(request(key));
        refused(request(key));

        var personal = admitted(request(Given.key("user_id", user)));

        assertThat(personal.getInt("limits[0].remaining")).isEqualTo(8);
    }

    // -- money

    @Test
    void a_budget_of_one_dollar_admits_exactly_three_holds_of_thirty_cents_and_after_a_cheap_settlement_one_more() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization, "max_budget", 1.00);
        var key = Given.key("team_id", team);
        var first = admitted(request(key, "estimated_cost_usd", 0.30)).getString("admission_id");
        admitted(request(key, "estimated_cost_usd", 0.30));
        admitted(request(key, "estimated_cost_usd", 0.30));

        var refusal = refused(request(key, "estimated_cost_usd", 0.30));

        assertThat(refusal.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(refusal.getString("refusal.scope")).isEqualTo("team");
        assertThat(refusal.getString("refusal.id")).isEqualTo(team);
        assertThat(refusal.getDouble("refusal.spent")).isZero();
        assertThat(refusal.getDouble("refusal.held")).isEqualTo(0.9);
        assertThat(refusal.getDouble("refusal.limit")).isEqualTo(1.0);
        assertThat(refusal.getString("refusal.body.error.type")).isEqualTo("budget_exceeded");
        assertThat(refusal.getString("refusal.body.error.message"))
                .contains("Budget has been exceeded!", "Max budget: 1");

        settle(first, "input_tokens", 10, "output_tokens", 10, "cost_usd", 0.05)
                .then()
                .statusCode(200);
        admitted(request(key, "estimated_cost_usd", 0.30));
        refused(request(key, "estimated_cost_usd", 0.30));
    }

    @Test
    void two_hundred_parallel_callers_never_hold_more_than_the_budget_on_any_level() {
        var organization = Given.organization("max_budget", 2.00);
        var team = Given.team("organization_id", organization, "max_budget", 1.00);
        var key = Given.key("team_id", team);
        var calls = Calls.to(RestAssured.port);

        var answers = calls.postAll(
                "/v1/admissions",
                IntStream.range(0, 200).mapToObj(n -> Admissions.requestJson(key, "estimated_cost_usd", 0.03)));

        assertThat(answers).filteredOn(Calls.Answer::admitted).hasSize(33);
    }

    @Test
    void the_price_list_tells_what_a_request_may_cost() {
        // 100 tokens in and 100 out at 2.50 and 10.00 dollars a million: 0.00125
        var key = Given.key("max_budget", 0.00125);

        var first = admitted(request(key));

        assertThat(first.getDouble("limits[0].held")).isEqualTo(0.00125);
        refused(request(key, "input_tokens", 1, "max_output_tokens", 1));
    }

    @Test
    void a_model_without_a_price_under_a_budget_is_a_clear_400_and_holds_nothing() {
        var key = Given.key("max_budget", 1.0);

        admit(request(key, "model", "no-such-price"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("model"))
                .body("error.message", containsString("estimated_cost_usd"));

        admitted(request(key, "model", "no-such-price", "estimated_cost_usd", 0.5));
        admitted(request(Given.key(), "model", "no-such-price"));
    }

    /** The policy that is remembered has the cap; nothing has been asked of it since. */
    @Test
    void a_model_without_a_price_is_not_refused_for_a_budget_that_was_cleared_meanwhile() {
        var asked = keyWhoseBudgetWasCleared();
        var explained = keyWhoseBudgetWasCleared();

        admitted(request(asked, "model", "no-such-price"));
        assertThat(Api.asMaster()
                        .create("/v1/admissions/explain", request(explained, "model", "no-such-price"))
                        .getBoolean("would_admit"))
                .isTrue();
    }

    private static String keyWhoseBudgetWasCleared() {
        var key = Given.key("max_budget", 1.0);
        admitted(request(key, "estimated_cost_usd", 0.5));
        var cleared = Given.body("key", key);
        cleared.put("max_budget", null);
        Api.asMaster().create("/key/update", cleared);
        return key;
    }

    @Test
    void a_model_without_a_price_is_not_refused_for_budgets_that_never_refuse_or_are_for_other_models() {
        var others = Map.of("gpt-4o", Map.of("max_budget", 1));
        for (var key : List.of(
                Given.key("soft_budget", 1),
                Given.key("max_budget", 1, "shadow_limits", List.of("budget")),
                Given.key("model_max_budget", others))) {
            admitted(request(key, "model", "no-such-price"));
        }
        Api.asMaster()
                .post("/v1/admissions", request(Given.key("max_budget", 1), "model", "no-such-price"))
                .then()
                .statusCode(400);
    }

    @Test
    void the_keys_own_budget_is_told_in_headers_and_not_that_of_one_model() {
        var key = Given.key("max_budget", 10, "model_max_budget", Map.of("gpt-4o", Map.of("max_budget", 1)));

        var admission = admitted(request(key));

        assertThat(admission.getString("headers.'x-litellm-key-max-budget'")).isEqualTo("10");
    }

    @Test
    void a_passed_soft_budget_warns_and_does_not_refuse() {
        var key = Given.key("soft_budget", 0.10);

        assertThat(admitted(request(key, "estimated_cost_usd", 0.08)).getList("warnings"))
                .isNull();
        assertThat(admitted(request(key, "estimated_cost_usd", 0.08)).getList("warnings.scope"))
                .containsExactly("key");
    }

    @Test
    void a_spent_budget_says_when_its_next_period_begins_and_one_for_ever_that_waiting_does_not_help() {
        var key = Given.key("max_budget", 0.5, "budget_duration", "1mo");
        settle(admitted(request(key, "estimated_cost_usd", 0.5)).getString("admission_id"), "cost_usd", 0.5);

        var refusal = refused(request(key, "estimated_cost_usd", 0.5));

        var next = Instant.parse(refusal.getString("refusal.limits[0].resets_at"));
        long left = Duration.between(Instant.now(), next).toMillis();
        assertThat(refusal.getLong("refusal.retry_after_ms")).isBetween(left, left + 30_000);
        var lifetime = Given.key("max_budget", 0.5);
        settle(admitted(request(lifetime, "estimated_cost_usd", 0.5)).getString("admission_id"), "cost_usd", 0.5);
        assertThat(refused(request(lifetime, "estimated_cost_usd", 0.5)).getString("refusal.retry_after_ms"))
                .isNull();
    }

    @Test
    void a_budget_that_open_requests_hold_says_when_their_leases_end() {
        for (var period : new String[] {"99999d", null}) {
            var key = Given.key("max_budget", 0.5, "budget_duration", period);
            var holder = admitted(request(key, "estimated_cost_usd", 0.5));

            var refusal = refused(request(key, "estimated_cost_usd", 0.5));
            var explained = Api.asMaster().create("/v1/admissions/explain", request(key, "estimated_cost_usd", 0.5));

            var lease = Instant.parse(holder.getString("expires_at"));
            long left = Duration.between(Instant.now(), lease).toMillis();
            assertThat(refusal.getLong("refusal.retry_after_ms")).isBetween(left, left + 30_000);
            assertThat(explained.getLong("levels[0].limits[0].wait_ms")).isBetween(left, left + 30_000);
        }
    }

    @Test
    void an_emptied_redis_admits_no_more_than_before() {
        var organization = Given.organization("max_budget", 1.00);
        var team = Given.team("organization_id", organization, "rpm_limit", 10);
        var key = Given.key("team_id", team);
        var settled = admitted(request(key, "estimated_cost_usd", 0.30)).getString("admission_id");
        settle(settled, "cost_usd", 0.30, "input_tokens", 1).then().statusCode(200);
        admitted(request(key, "estimated_cost_usd", 0.30));
        admitted(request(key, "estimated_cost_usd", 0.30));
        refused(request(key, "estimated_cost_usd", 0.30));

        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }

        var refusal = refused(request(key, "estimated_cost_usd", 0.30));
        assertThat(refusal.getDouble("refusal.spent")).isEqualTo(0.3);
        assertThat(refusal.getDouble("refusal.held")).isEqualTo(0.6);
        var fits = admitted(request(key, "estimated_cost_usd", 0.10));
        assertThat(fits.getInt("limits.find { it.kind == 'requests' }.remaining"))
                .isEqualTo(9);
    }

    // -- rules

    @Test
    void an_unknown_key_is_refused_with_what_the_client_should_read() {
        var refusal = refused(request("sk-nobody-has-this-one"));

        assertThat(refusal.getString("refusal.reason")).isEqualTo("unknown_key");
        assertThat(refusal.getInt("refusal.status")).isEqualTo(401);
        assertThat(refusal.getString("refusal.body.error.type")).isEqualTo("token_not_found_in_db");
    }

    @Test
    void a_key_made_after_it_was_refused_as_unknown_is_admitted_at_once() {
        var secret = "sk-chosen-" + UUID.randomUUID();
        refused(request(secret));

        Given.key("key", secret);

        admitted(request(secret));
    }

    @Test
    void blocking_and_unblocking_a_key_is_true_for_the_next_request() {
        var key = Given.key();
        admitted(request(key));

        Api.asMaster().create("/key/block", Map.of("key", key));
        var refusal = refused(request(key));
        assertThat(refusal.getString("refusal.reason")).isEqualTo("blocked");
        assertThat(refusal.getString("refusal.scope")).isEqualTo("key");
        assertThat(refusal.getString("refusal.body.error.message")).contains("Key is blocked");

        Api.asMaster().create("/key/unblock", Map.of("key", key));
        admitted(request(key));
    }

    @Test
    void deleting_a_key_is_true_for_the_next_request() {
        var key = Given.key();
        admitted(request(key));

        Api.asMaster().create("/key/delete", Map.of("keys", List.of(key)));

        assertThat(refused(request(key)).getString("refusal.reason")).isEqualTo("unknown_key");
    }

    @Test
    void a_block_anywhere_on_the_way_up_refuses_even_when_it_is_made_in_the_database() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = Given.user();
        var key = Given.key("team_id", team, "user_id", user);
        admitted(request(key));

        for (var level : Map.of("organization", organization, "team", team, "app_user", user)
                .entrySet()) {
            var column = level.getKey().replace("app_", "") + "_id";
            StoreAccess.execute(
                    "update %s set blocked = true where %s = ?".formatted(level.getKey(), column), level.getValue());
            awaitAnnouncements();
            assertThat(refused(request(key)).getString("refusal.scope"))
                    .isEqualTo(level.getKey().replace("app_", ""));
            StoreAccess.execute(
                    "update %s set blocked = false where %s = ?".formatted(level.getKey(), column), level.getValue());
            awaitAnnouncements();
            admitted(request(key));
        }
    }

    /** A change by an operator's psql is announced by the sweeper, within two seconds. */
    private static void awaitAnnouncements() {
        for (int i = 0; i < 100; i++) {
            if ("0".equals(StoreAccess.queryOne("select count(*) from change_outbox"))) {
                return;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        throw new AssertionError("announcements are not delivered");
    }

    @Test
    void an_expired_key_is_refused() throws Exception {
        var key = Given.key("duration", "1s");
        Thread.sleep(1_100);

        assertThat(refused(request(key)).getString("refusal.reason")).isEqualTo("expired_key");
    }

    @Test
    void a_model_has_to_be_allowed_on_every_level() {
        var organization = Given.organization("models", List.of("gpt-4o", "gpt-4o-mini"));
        var team = Given.team("organization_id", organization, "models", List.of("gpt-4o"));
        var key = Given.key("team_id", team);

        admitted(request(key));
        var byTeam = refused(request(key, "model", "gpt-4o-mini"));
        assertThat(byTeam.getString("refusal.reason")).isEqualTo("model_not_allowed");
        assertThat(byTeam.getString("refusal.scope")).isEqualTo("team");
        assertThat(byTeam.getString("refusal.body.error.type")).isEqualTo("team_model_access_denied");
        assertThat(byTeam.getInt("refusal.status")).isEqualTo(403);
        var orgKey = Given.key("organization_id", organization);
        assertThat(refused(request(orgKey, "model", "o9")).getString("refusal.scope"))
                .isEqualTo("organization");
    }

    @Test
    void an_alias_is_resolved_to_the_model_to_call() {
        var key = Given.key("aliases", Map.of("fast", "gpt-4o-mini"), "models", List.of("fast"));

        assertThat(admitted(request(key, "model", "fast")).getString("model")).isEqualTo("gpt-4o-mini");
    }

    @Test
    void a_key_for_management_only_makes_no_model_calls() {
        var key = Given.key("key_type", "management");

        assertThat(refused(request(key)).getString("refusal.reason")).isEqualTo("route_not_allowed");
    }

    // -- who may ask

    @Test
    void only_a_proxy_may_ask() {
        var request = request(Given.key());

        Api.asNobody().post("/v1/admissions", request).then().statusCode(401);
        Api.as("sk-nobody-has-this-one").post("/v1/admissions", request).then().statusCode(401);
        Api.as(Given.key()).post("/v1/admissions", request).then().statusCode(403);
        var gateway = Given.key("key_type", "gateway");
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200).body("admitted", equalTo(true));
    }

    @Test
    void a_blocked_gateway_key_is_out_with_its_next_call() {
        var gateway = Given.key("key_type", "gateway");
        var request = request(Given.key());
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);

        Api.asMaster().create("/key/block", Map.of("key", gateway));

        Api.as(gateway).post("/v1/admissions", request).then().statusCode(401);
    }

    @Test
    void a_gateway_key_whose_team_is_blocked_is_out_with_its_next_call() {
        var team = Given.team();
        var gateway = Given.key("key_type", "gateway", "team_id", team);
        var request = request(Given.key());
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);

        Api.asMaster().create("/team/block", Map.of("team_id", team));

        Api.as(gateway).post("/v1/admissions", request).then().statusCode(401);
    }

    @Test
    void a_gateway_key_that_has_moved_with_its_team_is_out_when_it_is_blocked() {
        var team = Given.team("organization_id", Given.organization());
        var gateway = Given.key("key_type", "gateway", "team_id", team);
        var request = request(Given.key());
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);

        Api.asMaster().create("/team/update", Map.of("team_id", team, "organization_id", Given.organization()));
        Api.asMaster().create("/key/block", Map.of("key", gateway));

        Api.as(gateway).post("/v1/admissions", request).then().statusCode(401);
    }

    // -- bad input

    @Test
    void bad_input_names_the_field_and_takes_nothing() {
        var key = Given.key("rpm_limit", 10);

        admit(Given.body("model", "gpt-4o")).then().statusCode(422).body("error.param", equalTo("api_key"));
        admit(Given.body("api_key", key)).then().statusCode(422).body("error.param", equalTo("model"));
        admit(request(key, "input_tokens", -1)).then().statusCode(422).body("error.param", equalTo("input_tokens"));
        admit(request(key, "input_tokens", "many")).then().statusCode(422).body("error.param", equalTo("input_tokens"));
        admit(request(key, "input_tokens", 1e30)).then().statusCode(422);
        admit(request(key, "tags", "search")).then().statusCode(422).body("error.param", equalTo("tags"));
        admit(request(key, "estimated_cost_usd", -0.1)).then().statusCode(422);
        admit(request(key, "request_id", "x".repeat(300)))
                .then()
                .statusCode(422)
                .body("error.param", equalTo("request_id"));
        RestAssured.given()
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType("application/json")
                .body("{\"model\": ")
                .post("/v1/admissions")
                .then()
                .statusCode(400)
                .body("error.message", notNullValue());

        assertThat(admitted(request(key)).getInt("limits[0].remaining")).isEqualTo(9);
    }

    // -- settlement

    @Test
    void a_settlement_is_booked_once_and_shows_everywhere() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var key = Given.key("team_id", team);
        var request = request(key, "end_user", "c-1", "tags", List.of("search"));
        var admission = admitted(request).getString("admission_id");

        var first = settle(admission, "input_tokens", 1000, "output_tokens", 200);
        var second = settle(admission, "input_tokens", 5, "output_tokens", 5);

        first.then().statusCode(200).body("settled", equalTo(true)).body("total_tokens", equalTo(1200));
        assertThat(second.asString()).isEqualTo(first.asString());
        // 1000 × 2.50 and 200 × 10.00 dollars a million
        assertThat(new BigDecimal(first.jsonPath().getString("cost_usd"))).isEqualByComparingTo("0.0045");
        var logs = Api.asMaster().get("/spend/logs", Map.of("request_id", request.get("request_id")));
        logs.then()
                .statusCode(200)
                .body("size()", equalTo(1))
                .body("[0].spend", equalTo(0.0045f))
                .body("[0].total_tokens", equalTo(1200))
                .body("[0].team_id", equalTo(team))
                .body("[0].organization_id", equalTo(organization))
                .body("[0].end_user", equalTo("c-1"))
                .body("[0].request_tags", equalTo(List.of("search")));
        Api.asMaster().get("/key/info", Map.of("key", key)).then().body("info.spend", equalTo(0.0045f));
        Api.asMaster().get("/team/info", Map.of("team_id", team)).then().body("team_info.spend", equalTo(0.0045f));
        Api.asMaster()
                .get("/organization/info", Map.of("organization_id", organization))
                .then()
                .body("spend", equalTo(0.0045f));
    }

    @Test
    void settling_corrects_the_rate_to_what_was_really_used() {
        var key = Given.key("tpm_limit", 100_000);
        var low = admitted(request(key, "input_tokens", 10_000, "max_output_tokens", 40_000))
                .getString("admission_id");

        settle(low, "input_tokens", 10_000, "output_tokens", 1_000).then().statusCode(200);

        assertThat(admitted(request(key, "input_tokens", 0, "max_output_tokens", 0))
                        .getInt("limits[0].remaining"))
                .isBetween(89_000, 92_000);
    }

    @Test
    void a_partial_settlement_gives_nothing_back() {
        var key = Given.key("tpm_limit", 100_000);
        var admission = admitted(request(key, "input_tokens", 10_000, "max_output_tokens", 40_000))
                .getString("admission_id");

        settle(admission, "input_tokens", 10_000, "output_tokens", 1_000, "partial", true)
                .then()
                .statusCode(200)
                .body("partial", equalTo(true));

        assertThat(admitted(request(key, "input_tokens", 0, "max_output_tokens", 0))
                        .getInt("limits[0].remaining"))
                .isLessThan(53_000);
    }

    @Test
    void a_release_gives_everything_back_and_a_later_settlement_still_lands() {
        var key = Given.key("tpm_limit", 1_000, "max_budget", 1.0);
        var request = request(key, "input_tokens", 400, "max_output_tokens", 500, "estimated_cost_usd", 0.9);
        var admission = admitted(request).getString("admission_id");

        Api.asMaster()
                .delete("/v1/admissions/" + admission)
                .then()
                .statusCode(200)
                .body("released", equalTo(true));
        Api.asMaster().delete("/v1/admissions/" + admission).then().statusCode(200);
        var again = admitted(request(key, "input_tokens", 400, "max_output_tokens", 500, "estimated_cost_usd", 0.9));
        assertThat(again.getInt("limits.find { it.kind == 'tokens' }.remaining"))
                .isBetween(100, 110);

        settle(admission, "input_tokens", 1, "output_tokens", 1, "cost_usd", 0.2)
                .then()
                .statusCode(200);
        Api.asMaster().get("/key/info", Map.of("key", key)).then().body("info.spend", equalTo(0.2f));
    }

    @Test
    void a_release_that_is_repeated_after_the_request_was_admitted_anew_takes_nothing_from_it() {
        var key = Given.key("max_parallel_requests", 1);
        var request = request(key);
        var first = admitted(request).getString("admission_id");
        Api.asMaster().delete("/v1/admissions/" + first).then().statusCode(200);
        var second = admitted(request).getString("admission_id");

        Api.asMaster().delete("/v1/admissions/" + first).then().statusCode(200);

        assertThat(second).isNotEqualTo(first);
        assertThat(Api.asMaster().create("/v1/admissions", request(key)).getBoolean("admitted"))
                .isFalse();
    }

    @Test
    void a_settlement_lands_after_redis_has_forgotten_the_admission() {
        var team = Given.team();
        var key = Given.key("team_id", team, "max_budget", 5.0);
        var request = request(key, "estimated_cost_usd", 0.5);
        var admission = admitted(request).getString("admission_id");
        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }

        settle(admission, "input_tokens", 1, "output_tokens", 1, "cost_usd", 0.4)
                .then()
                .statusCode(200);

        var next = admitted(request(key, "estimated_cost_usd", 0.1));
        assertThat(next.getDouble("limits[0].spent")).isEqualTo(0.4);
        assertThat(next.getDouble("limits[0].held")).isEqualTo(0.1);
    }

    @Test
    void a_settlement_of_a_deleted_key_is_booked_to_its_owner() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var admission = admitted(request(key)).getString("admission_id");
        Api.asMaster().create("/key/delete", Map.of("keys", List.of(key)));

        settle(admission, "cost_usd", 0.7, "input_tokens", 1).then().statusCode(200);

        Api.asMaster().get("/team/info", Map.of("team_id", team)).then().body("team_info.spend", equalTo(0.7f));
    }

    @Test
    void bad_settlements_name_the_field_and_book_nothing() {
        var key = Given.key();
        var request = request(key, "model", "no-such-price");
        var admission = admitted(request).getString("admission_id");

        settle(admission, "input_tokens", 5).then().statusCode(400).body("error.param", equalTo("cost_usd"));
        settle(admission, "input_tokens", -5).then().statusCode(422).body("error.param", equalTo("input_tokens"));
        settle(admission, "status", "maybe").then().statusCode(422).body("error.param", equalTo("status"));
        settle("no-admission", "cost_usd", 1).then().statusCode(404).body("error.param", equalTo("admission_id"));
        settle("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwABeHg", "cost_usd", 1)
                .then()
                .statusCode(404);

        Api.asMaster()
                .get("/spend/logs", Map.of("request_id", request.get("request_id")))
                .then()
                .statusCode(200)
                .body("size()", equalTo(0));
    }

    @Test
    void the_ledger_is_the_sum_of_its_bookings_on_every_level_and_in_every_window() {
        var organization = Given.organization("max_budget", 100, "budget_duration", "1mo");
        var team = Given.team("organization_id", organization, "max_budget", 50, "budget_duration", "1d");
        var user = Given.user();
        var key = Given.key("team_id", team, "user_id", user);
        var calls = Calls.to(RestAssured.port);
        var admissions = IntStream.range(0, 60)
                .mapToObj(
                        n -> admitted(request(key, "estimated_cost_usd", 0.01)).getString("admission_id"))
                .toList();

        var running = admissions.stream()
                .map(id -> calls.postAsync(
                        "/v1/admissions/" + id + "/settlement", "{\"cost_usd\": 0.007, \"input_tokens\": 3}"))
                .collect(Collectors.toList());
        running.addAll(admissions.stream()
                .map(id -> calls.postAsync(
                        "/v1/admissions/" + id + "/settlement", "{\"cost_usd\": 0.007, \"input_tokens\": 3}"))
                .toList());
        assertThat(running).allMatch(answer -> answer.join().status() == 200);

        var expected = String.valueOf(60 * 7_000_000L);
        assertThat(StoreAccess.queryOne("select sum(cost_nano)::text from usage_event where team_id = ?", team))
                .isEqualTo(expected);
        for (var scope : List.of(organization, team, user, team + "/" + user)) {
            assertThat(StoreAccess.queryOne("select min(spend_nano)::text from spend_total where scope_id = ?", scope))
                    .as(scope)
                    .isEqualTo(expected);
        }
        assertThat(StoreAccess.queryOne(
                        "select count(*)::text from spend_total where scope_id in (?, ?)", team, organization))
                .isEqualTo("4");
        assertThat(StoreAccess.queryOne(
                        "select sum(spend_nano)::text from daily_usage where team_id = ? and tag = ''", team))
                .isEqualTo(expected);
    }

    @Test
    void somebody_elses_booking_looks_like_none() {
        var request = request(Given.key("team_id", Given.team()));
        var admission = admitted(request).getString("admission_id");
        settle(admission, "cost_usd", 0.7).then().statusCode(200);
        var stranger = Given.keyOfUserWithRole("internal_user");

        Api.as(stranger)
                .get("/spend/logs", Map.of("request_id", request.get("request_id")))
                .then()
                .statusCode(200)
                .body("size()", equalTo(0));
        Api.asNobody().get("/spend/logs", Map.of("request_id", "x")).then().statusCode(401);
        Api.asMaster().get("/spend/logs").then().statusCode(400).body("error.param", equalTo("request_id"));
        Api.asMaster()
                .get("/spend/logs", Map.of("request_id", "none"))
                .then()
                .statusCode(200)
                .body("[0]", nullValue());
    }
}
