package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** End users and tags have limits of their own, whoever's key the request comes with. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class NamedScopesTest {

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static void settle(JsonPath admission, String cost) {
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", 1, "output_tokens", 1, "cost_usd", cost));
    }

    private static String customer(Object... fields) {
        var body = Given.body(fields);
        body.put("user_id", Given.unique("customer"));
        Api.asMaster().create("/customer/new", body);
        return (String) body.get("user_id");
    }

    @Test
    void a_customers_budget_holds_over_the_keys_of_several_tenants() {
        var customer = customer("max_budget", 1);
        var one = Given.key("team_id", Given.team("organization_id", Given.organization()));
        var other = Given.key("team_id", Given.team("organization_id", Given.organization()));
        settle(admit(request(one, "end_user", customer, "estimated_cost_usd", "0.7")), "0.7");

        var refused = admit(request(other, "end_user", customer, "estimated_cost_usd", "0.4"));
        var without = admit(request(other, "estimated_cost_usd", "0.4"));

        assertThat(refused.getString("refusal.scope")).isEqualTo("end_user");
        assertThat(refused.getString("refusal.id")).isEqualTo(customer);
        assertThat(refused.getFloat("refusal.spent")).isEqualTo(0.7f);
        assertThat(without.getBoolean("admitted")).isTrue();
        assertThat(Api.asMaster()
                        .get("/customer/info?end_user_id=" + customer)
                        .jsonPath()
                        .getFloat("spend"))
                .isEqualTo(0.7f);
    }

    @Test
    void a_refusal_at_the_customer_takes_nothing_from_the_key_and_the_other_way_round() {
        var customer = customer("rpm_limit", 2);
        var tight = Given.key("rpm_limit", 1);
        var roomy = Given.key("rpm_limit", 100);
        assertThat(admit(request(tight, "end_user", customer)).getBoolean("admitted"))
                .isTrue();

        assertThat(admit(request(tight, "end_user", customer)).getString("refusal.scope"))
                .isEqualTo("key");
        assertThat(admit(request(roomy, "end_user", customer)).getBoolean("admitted"))
                .as("the customer's second request was given back")
                .isTrue();
        assertThat(admit(request(roomy, "end_user", customer)).getString("refusal.scope"))
                .isEqualTo("end_user");
        assertThat(admit(request(roomy)).getInt("limits[0].remaining")).isEqualTo(98);
    }

    @Test
    void a_request_that_is_repeated_after_its_refusal_is_charged_at_the_customer_too() {
        var customer = customer("rpm_limit", 1);
        var key = Given.key("rpm_limit", 0);
        var again = request(key, "end_user", customer);
        assertThat(admit(again).getString("refusal.scope")).isEqualTo("key");
        Api.asMaster().create("/key/update", Map.of("key", key, "rpm_limit", 100));

        assertThat(admit(again).getBoolean("admitted")).isTrue();

        assertThat(admit(request(key, "end_user", customer)).getString("refusal.scope"))
                .isEqualTo("end_user");
    }

    @Test
    void a_refusal_names_every_exhausted_limit_wherever_it_lives_and_waits_for_the_slowest() {
        var customer = customer("rpm_limit", 2);
        var key = Given.key("rpm_limit", 1);
        var other = Given.key();
        admit(request(other, "end_user", customer));
        admit(request(other, "end_user", customer));
        admit(request(key));

        var refused = admit(request(key, "end_user", customer));
        var explained = Api.asMaster().create("/v1/admissions/explain", request(key, "end_user", customer));

        assertThat(refused.getList("refusal.limits.scope")).containsExactly("key", "end_user");
        assertThat(explained.getList("refusal.limits.scope")).containsExactly("key", "end_user");
        assertThat(refused.getLong("refusal.retry_after_ms"))
                .as("the customer could go on within half a minute, the key cannot")
                .isGreaterThan(30_000);
    }

    @Test
    void a_refusal_by_the_customers_rules_is_given_by_no_outdated_policy() {
        var customer = customer("blocked", true);
        var key = Given.key();
        admit(request(key));
        Api.asMaster().create("/key/block", Map.of("key", key));

        assertThat(admit(request(key, "end_user", customer)).getString("refusal.scope"))
                .isEqualTo("key");
    }

    /** Each request reads a customer of its own first, and meanwhile the others find out that the tag is outdated. */
    @Test
    void no_request_is_decided_without_a_limit_that_changes_meanwhile() {
        var tag = Given.unique("tag");
        Api.asMaster().create("/tag/new", Map.of("name", tag, "rpm_limit", 1_000_000));
        var key = Given.key();
        var calls = Calls.to(RestAssured.port);
        for (int round = 1; round <= 20; round++) {
            Api.asMaster().create("/tag/update", Map.of("name", tag, "rpm_limit", 1_000_000 + round));
            var requests = Stream.generate(() -> request(key, "end_user", Given.unique("new"), "tags", List.of(tag)))
                    .limit(16)
                    .map(request -> JsonObject.mapFrom(request).encode());

            assertThat(calls.postAll("/v1/admissions", requests))
                    .allSatisfy(answer ->
                            assertThat(answer.json().getList("limits.id")).containsExactly(tag));
        }
    }

    /** Else all who say so would be one customer, with one budget for them together. */
    @Test
    void a_blank_end_user_is_none() {
        var key = Given.key();

        for (var blank : List.of("", " ")) {
            assertThat(admit(request(key, "end_user", blank)).getString("end_user"))
                    .isNull();
        }
    }

    @Test
    void a_repeated_request_says_what_the_first_answer_said_of_all_limits_wherever_they_live() {
        var user = Given.unique("user");
        Api.asMaster().create("/user/new", Map.of("user_id", user, "rpm_limit", 7, "auto_create_key", false));
        var customer = customer("rpm_limit", 8, "max_budget", 5);
        var key = Given.key("team_id", Given.team("rpm_limit", 9), "user_id", user, "rpm_limit", 6);
        var request = request(key, "end_user", customer, "estimated_cost_usd", "0.5");

        var first = admit(request);
        admit(request(key, "end_user", customer, "estimated_cost_usd", "0.5"));
        var second = admit(request);

        assertThat(first.getList("limits.scope")).contains("key", "team", "user", "end_user");
        assertThat(second.<String, Object>getMap("")).isEqualTo(first.getMap(""));
    }

    @Test
    void a_request_that_is_repeated_for_another_customer_takes_nothing_from_that_one() {
        var customer = customer("rpm_limit", 10);
        var other = customer("rpm_limit", 10, "max_budget", 5);
        var key = Given.key();
        var first = admit(request(key, "request_id", "same", "end_user", customer));

        var again = admit(request(key, "request_id", "same", "end_user", other, "estimated_cost_usd", 4));

        assertThat(again.getString("admission_id")).isEqualTo(first.getString("admission_id"));
        var next = admit(request(Given.key(), "end_user", other, "estimated_cost_usd", 4));
        assertThat(next.getInt("limits.find { it.kind == 'requests' }.remaining"))
                .isEqualTo(9);
        assertThat(next.getInt("limits.find { it.kind == 'budget' }.held")).isEqualTo(4);
    }

    @Test
    void blocking_a_customer_and_raising_its_limit_are_effective_on_the_next_request() {
        var customer = customer("max_budget", 0);
        var key = Given.key();
        assertThat(admit(request(key, "end_user", customer, "estimated_cost_usd", "0.1"))
                        .getBoolean("admitted"))
                .isFalse();

        Api.asMaster().create("/customer/update", Map.of("user_id", customer, "max_budget", 5));
        assertThat(admit(request(key, "end_user", customer, "estimated_cost_usd", "0.1"))
                        .getBoolean("admitted"))
                .isTrue();
        Api.asMaster().create("/customer/block", Map.of("user_ids", List.of(customer)));
        var blocked = admit(request(key, "end_user", customer));
        Api.asMaster().create("/customer/unblock", Map.of("user_ids", List.of(customer)));

        assertThat(blocked.getString("refusal.reason")).isEqualTo("blocked");
        assertThat(blocked.getString("refusal.scope")).isEqualTo("end_user");
        assertThat(admit(request(key, "end_user", customer)).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void a_customer_who_is_registered_after_the_first_request_is_limited_from_then_on() {
        var customer = Given.unique("late {customer}: ä");
        var key = Given.key();
        settle(admit(request(key, "end_user", customer)), "2");

        Api.asMaster().create("/customer/new", Map.of("user_id", customer, "max_budget", 1));

        var refused = admit(request(key, "end_user", customer, "estimated_cost_usd", "0.1"));
        assertThat(refused.getFloat("refusal.spent")).isEqualTo(2f);
    }

    @Test
    void a_tags_budget_is_shared_by_all_requests_that_carry_it() {
        var tag = Given.unique("tag with spaces");
        Api.asMaster().create("/tag/new", Map.of("name", tag, "max_budget", 1));
        settle(admit(request(Given.key(), "tags", List.of(tag), "estimated_cost_usd", "0.8")), "0.8");

        var own = admit(request(Given.key("tags", List.of(tag)), "estimated_cost_usd", "0.3"));

        assertThat(own.getString("refusal.scope")).isEqualTo("tag");
        assertThat(own.getString("refusal.id")).isEqualTo(tag);
    }

    @Test
    void explain_shows_customers_and_tags_as_levels() {
        var customer = customer("max_budget", 1);

        var answer = Api.asMaster()
                .create("/v1/admissions/explain", request(Given.key(), "end_user", customer, "tags", List.of("x")));

        assertThat(answer.getList("levels.scope")).containsExactly("key", "end_user", "tag");
        assertThat(answer.getString("levels[1].limits[0].rule")).startsWith("max_budget of end_user, in budget '");
    }

    @Test
    void a_customers_region_is_kept_to_and_its_default_model_is_handed_on() {
        var customer = customer("allowed_model_region", "eu", "default_model", "gpt-4o-mini");
        var key = Given.key();

        var elsewhere = admit(request(key, "end_user", customer, "model_region", "us"));
        var silent = admit(request(key, "end_user", customer));
        var there = admit(request(key, "end_user", customer, "model_region", "eu"));

        assertThat(elsewhere.getString("refusal.reason")).isEqualTo("region_not_allowed");
        assertThat(elsewhere.getString("refusal.scope")).isEqualTo("end_user");
        assertThat(silent.getString("refusal.reason")).isEqualTo("region_not_allowed");
        assertThat(there.getBoolean("admitted")).isTrue();
        assertThat(there.getString("default_model")).isEqualTo("gpt-4o-mini");
    }
}
