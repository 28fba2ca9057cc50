package io.tenantry.usage;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SettlementTest {

    private static JsonPath admitted(Map<String, Object> request) {
        var answer = Api.asMaster().create("/v1/admissions", request);
        assertThat(answer.getBoolean("admitted")).as(answer.prettify()).isTrue();
        return answer;
    }

    private static Response settle(String admissionId, Object... fields) {
        return Api.asMaster().post("/v1/admissions/" + admissionId + "/settlement", Given.body(fields));
    }

    private static JsonPath settled(String admissionId, Object... fields) {
        var answer = settle(admissionId, fields);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    private static String totalOf(String scope) {
        return StoreAccess.queryOne(
                "select spend_nano || ' ' || requests || ' ' || input_tokens || ' ' || output_tokens from spend_total where scope_id = ? and period = 'lifetime'",
                scope);
    }

    // -- request ids of others

    @Test
    void a_request_id_that_another_tenant_has_as_well_is_booked_for_both() {
        var id = UUID.randomUUID().toString();
        var teams = List.of(Given.team("max_budget", 10), Given.team("max_budget", 10));
        var keys = teams.stream().map(team -> Given.key("team_id", team)).toList();
        var admissions = keys.stream()
                .map(key -> admitted(request(key, "request_id", id)).getString("admission_id"))
                .toList();

        settled(admissions.get(0), "cost_usd", 0.1);
        settled(admissions.get(1), "cost_usd", 0.2, "partial", true);
        settled(admissions.get(1), "cost_usd", 0.3);
        var repeated = admissions.stream()
                .map(admission -> settled(admission, "cost_usd", 0.9).getDouble("cost_usd"))
                .toList();

        assertThat(repeated).containsExactly(0.1, 0.3);
        for (int i = 0; i < 2; i++) {
            assertThat(admitted(request(keys.get(i))).getDouble("limits[0].spent"))
                    .isEqualTo(repeated.get(i));
            Api.as(keys.get(i))
                    .get("/spend/logs", Map.of("request_id", id))
                    .then()
                    .body("request_id", equalTo(List.of(id)))
                    .body("[0].team_id", equalTo(teams.get(i)));
        }
        assertThat(Api.asMaster()
                        .get("/spend/logs", Map.of("request_id", id))
                        .jsonPath()
                        .getList("team_id"))
                .containsExactlyInAnyOrderElementsOf(teams);
    }

    // -- unfinished answers

    @Test
    void each_partial_settlement_raises_the_booking_and_the_final_one_closes_it() {
        var team = Given.team("max_budget", 10, "budget_duration", "1d");
        var key = Given.key("team_id", team);
        var id = admitted(request(key)).getString("admission_id");

        settled(id, "input_tokens", 100, "output_tokens", 50, "cost_usd", 0.01, "partial", true);
        var second = settled(id, "input_tokens", 100, "output_tokens", 250, "cost_usd", 0.05, "partial", true);
        var lower = settled(id, "input_tokens", 100, "output_tokens", 200, "cost_usd", 0.04, "partial", true);
        var last = settled(id, "input_tokens", 100, "output_tokens", 400, "cost_usd", 0.08);
        var after = settled(id, "input_tokens", 100, "output_tokens", 900, "cost_usd", 0.90);

        assertThat(second.getInt("output_tokens")).isEqualTo(250);
        assertThat(lower.getInt("output_tokens")).isEqualTo(250);
        assertThat(lower.getBoolean("partial")).isTrue();
        assertThat(last.getInt("total_tokens")).isEqualTo(500);
        assertThat(last.getBoolean("partial")).isFalse();
        assertThat(after.getMap("")).isEqualTo(last.getMap(""));
        assertThat(totalOf(team)).isEqualTo("80000000 1 100 400");
        assertThat(StoreAccess.queryOne(
                        "select string_agg(spend_nano::text, ' ') from spend_total where scope_id = ?", team))
                .isEqualTo("80000000 80000000");
        assertThat(StoreAccess.queryOne(
                        "select spend_nano || ' ' || requests || ' ' || output_tokens from daily_usage where team_id = ? and tag = ''",
                        team))
                .isEqualTo("80000000 1 400");
        assertThat(admitted(request(key)).getDouble("limits.find { it.scope == 'team' }.spent"))
                .isEqualTo(0.08);
    }

    @Test
    void a_final_settlement_that_says_less_than_a_partial_one_gives_nothing_back() {
        var key = Given.key("max_budget", 10);
        var id = admitted(request(key)).getString("admission_id");
        settled(id, "input_tokens", 100, "output_tokens", 50, "cost_usd", 0.03, "partial", true);

        var last = settled(id, "input_tokens", 90, "output_tokens", 40, "cost_usd", 0.01);

        assertThat(last.getInt("total_tokens")).isEqualTo(150);
        assertThat(new BigDecimal(last.getString("cost_usd"))).isEqualByComparingTo("0.03");
    }

    @Test
    void what_goes_beyond_the_reservation_is_taken_from_the_rate_once() {
        var key = Given.key("tpm_limit", 100_000);
        var id = admitted(request(key, "input_tokens", 10_000, "max_output_tokens", 10_000))
                .getString("admission_id");

        settled(id, "input_tokens", 10_000, "output_tokens", 5_000, "cost_usd", 0, "partial", true);
        settled(id, "input_tokens", 10_000, "output_tokens", 30_000, "cost_usd", 0, "partial", true);
        settled(id, "input_tokens", 10_000, "output_tokens", 30_000, "cost_usd", 0, "partial", true);
        settled(id, "input_tokens", 10_000, "output_tokens", 50_000, "cost_usd", 0);

        assertThat(admitted(request(key, "input_tokens", 0, "max_output_tokens", 0))
                        .getInt("limits[0].remaining"))
                .isBetween(40_000, 48_000);
    }

    @Test
    void a_partial_settlement_frees_the_slot() {
        var key = Given.key("max_parallel_requests", 1);
        var id = admitted(request(key)).getString("admission_id");

        settled(id, "input_tokens", 1, "partial", true);

        admitted(request(key));
    }

    @Test
    void partial_settlements_at_the_same_time_end_at_the_highest_and_nothing_is_counted_twice() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var id = admitted(request(key)).getString("admission_id");

        var answers = Calls.to(RestAssured.port)
                .postAll(
                        "/v1/admissions/" + id + "/settlement",
                        IntStream.rangeClosed(1, 40)
                                .mapToObj(n -> "{\"output_tokens\": %d, \"cost_usd\": %s, \"partial\": true}"
                                        .formatted(10 * n, new BigDecimal(n).movePointLeft(2))));

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        assertThat(totalOf(team)).isEqualTo("400000000 1 0 400");
    }

    // -- failures and cancellations

    @Test
    void a_call_that_came_to_nothing_costs_nothing_whatever_its_model() {
        for (var status : new String[] {"failure", "cancelled"}) {
            var team = Given.team();
            var key = Given.key("team_id", team);
            var id = admitted(request(key, "model", "no-such-price")).getString("admission_id");

            var answer = settled(id, "status", status);

            assertThat(answer.getString("status")).isEqualTo(status);
            assertThat(answer.getDouble("cost_usd")).isZero();
            assertThat(totalOf(team)).isEqualTo("0 1 0 0");
            assertThat(StoreAccess.queryOne(
                            "select failed_requests from daily_usage where team_id = ? and tag = ''", team))
                    .isEqualTo(status.equals("failure") ? "1" : "0");
        }
    }

    @Test
    void a_cancelled_call_pays_for_what_it_got() {
        var id = admitted(request(Given.key())).getString("admission_id");

        var answer = settled(id, "input_tokens", 1_000, "output_tokens", 100, "status", "cancelled");

        assertThat(new BigDecimal(answer.getString("cost_usd"))).isEqualByComparingTo("0.0035");
    }

    @Test
    void a_cost_of_zero_is_a_cost() {
        var id = admitted(request(Given.key(), "model", "no-such-price")).getString("admission_id");

        assertThat(settled(id, "input_tokens", 10, "cost_usd", 0).getDouble("cost_usd"))
                .isZero();
    }

    // -- tokens

    @Test
    void a_total_below_its_parts_is_refused_and_books_nothing() {
        var id = admitted(request(Given.key())).getString("admission_id");

        settle(id, "input_tokens", 100, "output_tokens", 50, "total_tokens", 149)
                .then()
                .statusCode(400)
                .body("error.param", equalTo("total_tokens"))
                .body("error.message", containsString("149"));

        assertThat(settled(id, "input_tokens", 100, "output_tokens", 50, "total_tokens", 150)
                        .getInt("total_tokens"))
                .isEqualTo(150);
    }

    @Test
    void tokens_that_are_neither_input_nor_output_are_priced_as_output() {
        var id = admitted(request(Given.key())).getString("admission_id");

        var answer = settled(id, "total_tokens", 1_000);

        assertThat(new BigDecimal(answer.getString("cost_usd"))).isEqualByComparingTo("0.01");
    }

    // -- late ones

    @Test
    void a_settlement_that_nobody_remembers_still_counts_in_the_budgets_window() {
        var key = Given.key("max_budget", 5, "budget_duration", "1d");
        var id = admitted(request(key)).getString("admission_id");
        Api.asMaster().delete("/v1/admissions/" + id).then().statusCode(200);
        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }
        admitted(request(key));

        settled(id, "input_tokens", 1, "cost_usd", 0.4);

        assertThat(admitted(request(key)).getDouble("limits[0].spent")).isEqualTo(0.4);
    }

    @Test
    void a_settlement_that_nobody_remembers_is_booked_and_priced_by_what_the_id_says_of_model_customer_and_tags() {
        var customer = Given.unique("customer");
        var tag = Given.unique("tag");
        var request = request(Given.key(), "end_user", customer, "tags", List.of(tag));
        var id = admitted(request).getString("admission_id");
        Api.asMaster().delete("/v1/admissions/" + id).then().statusCode(200);
        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }

        var answer = settled(id, "input_tokens", 1_000, "output_tokens", 0);

        assertThat(new BigDecimal(answer.getString("cost_usd"))).isEqualByComparingTo("0.0025");
        Api.asMaster()
                .get("/spend/logs", Map.of("request_id", request.get("request_id")))
                .then()
                .body("[0].end_user", equalTo(customer))
                .body("[0].request_tags", equalTo(List.of(tag)))
                .body("[0].model", equalTo("gpt-4o"));
    }

    @Test
    void a_settlement_that_nobody_remembers_counts_at_its_customer_and_its_tag_at_once() {
        var customer = Given.unique("customer");
        var tag = Given.unique("tag");
        Api.asMaster().create("/customer/new", Map.of("user_id", customer, "max_budget", 1));
        Api.asMaster().create("/tag/new", Map.of("name", tag, "max_budget", 1));
        var key = Given.key();
        var ofBoth = request(key, "end_user", customer, "tags", List.of(tag), "estimated_cost_usd", 0.1);
        var id = admitted(ofBoth).getString("admission_id");
        Api.asMaster().delete("/v1/admissions/" + id).then().statusCode(200);
        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }
        ofBoth.put("request_id", Given.unique("request"));
        admitted(ofBoth);

        settled(id, "input_tokens", 1, "cost_usd", 0.8);

        refusedAt("end_user", request(key, "end_user", customer, "estimated_cost_usd", 0.15));
        refusedAt("tag", request(key, "tags", List.of(tag), "estimated_cost_usd", 0.15));
    }

    /** Released and flushed: only the id knows of it. */
    private static String forgotten(Map<String, Object> request) {
        var id = admitted(request).getString("admission_id");
        Api.asMaster().delete("/v1/admissions/" + id).then().statusCode(200);
        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }
        return id;
    }

    private static String placeOf(Map<String, Object> request) {
        return StoreAccess.queryOne(
                "select organization_id || ' ' || team_id || ' ' || user_id from usage_event where request_id = ?",
                request.get("request_id"));
    }

    @Test
    void a_settlement_that_nobody_remembers_is_booked_to_where_the_key_was_when_it_was_admitted() {
        var from = Given.organization();
        var team = Given.team("organization_id", from, "max_budget", 1);
        var user = Given.user();
        Api.asMaster()
                .create("/team/member_add", Map.of("team_id", team, "member", Map.of("user_id", user, "role", "user")));
        var key = Given.key("team_id", team, "user_id", user);
        var request = request(key, "estimated_cost_usd", 0.1);
        var id = forgotten(request);
        var other = Given.team("organization_id", Given.organization());
        Api.asMaster()
                .create(
                        "/team/member_add",
                        Map.of("team_id", other, "member", Map.of("user_id", user, "role", "user")));
        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", other));
        var colleague = Given.key("team_id", team);
        admitted(request(colleague, "estimated_cost_usd", 0.1));

        settled(id, "input_tokens", 1, "cost_usd", 0.8);

        assertThat(placeOf(request)).isEqualTo(from + " " + team + " " + user);
        assertThat(totalOf(other)).isNull();
        refusedAt("team", request(colleague, "estimated_cost_usd", 0.15));
    }

    @Test
    void a_settlement_that_nobody_remembers_is_booked_to_the_organization_that_the_team_was_in_also_of_a_deleted_key() {
        var from = Given.organization();
        var team = Given.team("organization_id", from);
        var key = Given.key("team_id", team, "user_id", null);
        var requests = List.of(request(key), request(key));
        var ids = requests.stream().map(SettlementTest::forgotten).toList();
        var to = Given.organization();
        Api.asMaster().create("/team/update", Map.of("team_id", team, "organization_id", to));

        settled(ids.get(0), "input_tokens", 1, "cost_usd", 0.1);
        Api.asMaster().create("/key/delete", Map.of("keys", List.of(key)));
        settled(ids.get(1), "input_tokens", 1, "cost_usd", 0.1);

        assertThat(totalOf(from)).startsWith("200000000 2 ");
        assertThat(totalOf(to)).isNull();
    }

    @Test
    void a_settlement_that_nobody_remembers_is_booked_to_a_team_that_is_deleted_meanwhile() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var id = forgotten(request(key));
        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", Given.team()));
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team)));

        settled(id, "input_tokens", 1, "cost_usd", 0.1);

        assertThat(totalOf(team)).startsWith("100000000 1 ");
    }

    private static void refusedAt(String scope, Map<String, Object> request) {
        var refusal = Api.asMaster().create("/v1/admissions", request);
        assertThat(refusal.getBoolean("admitted")).as(refusal.prettify()).isFalse();
        assertThat(refusal.getString("refusal.scope")).isEqualTo(scope);
    }
}
