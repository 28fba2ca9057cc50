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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UnadmittedUsageTest {

    private static Map<String, Object> use(String key, Object... fields) {
        var use = Given.body(
                "request_id",
                UUID.randomUUID().toString(),
                "model",
                "gpt-4o",
                "input_tokens",
                1_000,
                "output_tokens",
                200);
        if (key != null) {
            use.put("api_key", key);
        }
        use.putAll(Given.body(fields));
        return use;
    }

    private static Response post(List<Map<String, Object>> uses) {
        return Api.asMaster().post("/v1/usage", Map.of("uses", uses));
    }

    @SafeVarargs
    private static JsonPath book(Map<String, Object>... uses) {
        var answer = post(List.of(uses));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    private static JsonPath decide(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static String spent(String scope) {
        return StoreAccess.queryOne(
                "select spend_nano::text from spend_total where scope_id = ? and period = 'lifetime'", scope);
    }

    @Test
    void a_use_is_booked_on_every_level_and_shows_in_the_logs() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var key = Given.key("team_id", team, "aliases", Map.of("fast", "gpt-4o"));
        var use = use(key, "model", "fast", "end_user", "c-1", "tags", List.of("batch"));

        var answer = book(use);

        assertThat(answer.getInt("booked")).isEqualTo(1);
        assertThat(answer.getString("results[0].outcome")).isEqualTo("booked");
        assertThat(answer.getString("results[0].model")).isEqualTo("gpt-4o");
        assertThat(new BigDecimal(answer.getString("results[0].cost_usd"))).isEqualByComparingTo("0.0045");
        assertThat(spent(team)).isEqualTo("4500000");
        assertThat(spent(organization)).isEqualTo("4500000");
        Api.asMaster()
                .get("/spend/logs", Map.of("request_id", use.get("request_id")))
                .then()
                .body("[0].team_id", equalTo(team))
                .body("[0].end_user", equalTo("c-1"))
                .body("[0].request_tags", equalTo(List.of("batch")));
    }

    @Test
    void a_use_is_booked_once_however_often_it_is_sent() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var use = use(key);

        var first = book(use, use);
        var again = book(use);

        assertThat(first.getList("results.outcome")).containsExactly("booked", "repeated");
        assertThat(again.getInt("repeated")).isEqualTo(1);
        assertThat(again.getString("results[0].settled_at")).isEqualTo(first.getString("results[0].settled_at"));
        assertThat(spent(team)).isEqualTo("4500000");
    }

    @Test
    void a_use_that_is_sent_again_on_the_other_side_of_midnight_is_the_same() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var midnight = Instant.now().truncatedTo(ChronoUnit.DAYS);
        var id = UUID.randomUUID().toString();

        book(use(key, "request_id", id, "at", midnight.minusMillis(1).toString()));
        var again = book(use(key, "request_id", id, "at", midnight.toString()));
        var undated = book(use(key, "request_id", id));

        assertThat(again.getInt("repeated")).isEqualTo(1);
        assertThat(undated.getInt("repeated")).isEqualTo(1);
        assertThat(spent(team)).isEqualTo("4500000");
        var other = UUID.randomUUID().toString();
        var both = book(
                use(key, "request_id", other, "at", midnight.minusMillis(1).toString()),
                use(key, "request_id", other, "at", midnight.toString()));
        assertThat(both.getList("results.outcome")).containsExactly("booked", "repeated");
    }

    @Test
    void a_request_id_of_several_keys_is_a_use_of_each_and_each_is_booked_once() {
        var teams = List.of(Given.team(), Given.team());
        var keys = teams.stream().map(team -> Given.key("team_id", team)).toList();
        var midnight = Instant.now().truncatedTo(ChronoUnit.DAYS);
        var id = UUID.randomUUID().toString();
        var before =
                use(keys.get(0), "request_id", id, "at", midnight.minusMillis(1).toString());
        var after = use(keys.get(1), "request_id", id, "at", midnight.toString());

        var first = book(before, after);
        var again = book(use(keys.get(1), "request_id", id), use(keys.get(0), "request_id", id));

        assertThat(first.getList("results.outcome")).containsExactly("booked", "booked");
        assertThat(again.getList("results.outcome")).containsExactly("repeated", "repeated");
        assertThat(teams.stream().map(UnadmittedUsageTest::spent)).containsOnly("4500000");
    }

    @Test
    void a_settled_admission_that_is_sent_as_a_use_is_not_booked_again() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var request = request(key);
        var admission = decide(request).getString("admission_id");
        Api.asMaster().create("/v1/admissions/" + admission + "/settlement", Given.body("cost_usd", 0.5));

        var answer = book(use(key, "request_id", request.get("request_id")));

        assertThat(answer.getString("results[0].outcome")).isEqualTo("repeated");
        assertThat(answer.getDouble("results[0].cost_usd")).isEqualTo(0.5);
        assertThat(spent(team)).isEqualTo("500000000");
    }

    @Test
    void a_thousand_uses_sent_by_several_callers_at_once_are_each_booked_once() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var body = IntStream.range(0, 1_000)
                .mapToObj(
                        n -> "{\"request_id\": \"%s\", \"api_key\": \"%s\", \"model\": \"gpt-4o\", \"cost_usd\": 0.001}"
                                .formatted(UUID.randomUUID(), key))
                .collect(Collectors.joining(", ", "{\"uses\": [", "]}"));

        var answers = Calls.to(RestAssured.port)
                .postAll("/v1/usage", IntStream.range(0, 3).mapToObj(n -> body));

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        assertThat(answers.stream()
                        .mapToInt(answer -> answer.json().getInt("booked"))
                        .sum())
                .isEqualTo(1_000);
        assertThat(spent(team)).isEqualTo("1000000000");
    }

    @Test
    void budgets_count_it_at_once() {
        var key = Given.key("max_budget", 1, "budget_duration", "1d");
        decide(request(key, "estimated_cost_usd", 0.1));

        book(use(key, "cost_usd", 0.95));

        var refused = decide(request(key, "estimated_cost_usd", 0.1));
        assertThat(refused.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(refused.getDouble("refusal.spent")).isEqualTo(0.95);
    }

    @Test
    void rates_are_overdrawn_and_later_requests_wait() {
        var user = Given.user("tpm_limit", 6_000);
        var organization = Given.organization();
        var key =
                Given.key("team_id", Given.team("organization_id", organization, "tpm_limit", 6_000), "user_id", user);

        book(use(key, "input_tokens", 9_000, "output_tokens", 0));

        var refused = decide(request(key, "input_tokens", 100, "max_output_tokens", 0));
        assertThat(refused.getString("refusal.reason")).isEqualTo("rate_limited");
        assertThat(refused.getString("refusal.scope")).isEqualTo("user");
        // 3,100 tokens at 100 a second
        assertThat(refused.getInt("refusal.retry_after_ms")).isBetween(29_000, 31_000);
        var other = decide(request(Given.key("team_id", teamOf(key)), "input_tokens", 100, "max_output_tokens", 0));
        assertThat(other.getString("refusal.scope")).isEqualTo("team");
    }

    private static String teamOf(String key) {
        return Api.asMaster().get("/key/info", Map.of("key", key)).jsonPath().getString("info.team_id");
    }

    @Test
    void a_repeated_use_takes_nothing_from_rates() {
        var key = Given.key("rpm_limit", 10);
        var use = use(key);

        book(use);
        book(use);

        assertThat(decide(request(key)).getInt("limits[0].remaining")).isEqualTo(8);
    }

    @Test
    void an_old_use_is_counted_in_the_period_of_its_moment_and_not_in_this_minute() {
        var key = Given.key("max_budget", 1, "budget_duration", "1d", "tpm_limit", 6_000);
        decide(request(key, "estimated_cost_usd", 0.1));
        var yesterday = Instant.now().minus(1, ChronoUnit.DAYS);

        book(use(key, "cost_usd", 0.95, "input_tokens", 9_000, "at", yesterday.toString()));

        var admitted = decide(request(key, "estimated_cost_usd", 0.1));
        assertThat(admitted.getBoolean("admitted")).isTrue();
        assertThat(admitted.getDouble("limits.find { it.kind == 'budget' }.spent"))
                .isZero();
        Api.asMaster().get("/key/info", Map.of("key", key)).then().body("info.key_alias", equalTo(null));
    }

    @Test
    void what_cannot_be_booked_is_named_and_the_rest_is_booked() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var now = Instant.now();

        var answer = book(
                use(key),
                use("sk-nobody-has-this-one"),
                use(null, "key_id", UUID.randomUUID().toString()),
                use(null),
                use(key, "model", "no-such-price"),
                use(key, "total_tokens", 5),
                use(key, "at", now.minus(32, ChronoUnit.DAYS).toString()),
                use(key, "at", now.plus(1, ChronoUnit.HOURS).toString()),
                use(key, "model", "no-such-price", "cost_usd", 0.0045));

        assertThat(answer.getList("results.outcome"))
                .containsExactly(
                        "booked", "refused", "refused", "refused", "refused", "refused", "refused", "refused",
                        "booked");
        assertThat(answer.getList("results.reason"))
                .containsExactly(
                        null,
                        "unknown_key",
                        "unknown_key",
                        "invalid",
                        "model_unpriced",
                        "invalid",
                        "invalid",
                        "invalid",
                        null);
        assertThat(answer.getList("results.param"))
                .containsExactly(null, "api_key", "key_id", "api_key", "cost_usd", "total_tokens", "at", "at", null);
        assertThat(answer.getInt("refused")).isEqualTo(7);
        assertThat(answer.prettify()).doesNotContain("sk-nobody");
        assertThat(spent(team)).isEqualTo("9000000");
    }

    @Test
    void blocked_and_deleted_keys_pay_for_what_they_used() {
        var team = Given.team();
        var blocked = Given.key("team_id", team);
        var deleted = Given.key("team_id", team);
        var id = Api.asMaster()
                .get("/key/info", Map.of("key", deleted))
                .jsonPath()
                .getString("info.key_id");
        Api.asMaster().create("/key/block", Map.of("key", blocked));
        Api.asMaster().create("/key/delete", Map.of("keys", List.of(deleted)));

        var answer = book(use(blocked), use(deleted), use(null, "key_id", id));

        assertThat(answer.getInt("booked")).isEqualTo(3);
        assertThat(spent(team)).isEqualTo("13500000");
        assertThat(spent(id)).isEqualTo("9000000");
    }

    @Test
    void only_a_proxy_may_book() {
        var body = Map.of("uses", List.of(use(Given.key())));

        Api.asNobody().post("/v1/usage", body).then().statusCode(401);
        Api.as("sk-nobody-has-this-one").post("/v1/usage", body).then().statusCode(401);
        Api.as(Given.key()).post("/v1/usage", body).then().statusCode(403);
        Api.as(Given.keyOfUserWithRole("proxy_admin"))
                .post("/v1/usage", body)
                .then()
                .statusCode(403);
        Api.as(Given.key("key_type", "gateway"))
                .post("/v1/usage", body)
                .then()
                .statusCode(200)
                .body("booked", equalTo(1));
    }

    @Test
    void bad_input_names_the_field_and_books_nothing() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var many = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < 1_001; i++) {
            many.add(Given.body("request_id", "r" + i, "api_key", key, "model", "gpt-4o"));
        }

        post(many).then().statusCode(422).body("error.message", containsString("1000 at a time"));
        post(List.of()).then().statusCode(422).body("error.param", equalTo("uses"));
        post(List.of(use(key), use(key, "input_tokens", -1)))
                .then()
                .statusCode(422)
                .body("error.param", containsString("input_tokens"));
        post(List.of(use(key, "status", "maybe"))).then().statusCode(422);
        post(List.of(use(key, "at", "yesterday")))
                .then()
                .statusCode(422)
                .body("error.message", containsString("a time such as"));
        post(List.of(use(null, "key_id", "x"))).then().statusCode(422);
        var nameless = use(key);
        nameless.remove("request_id");
        post(List.of(nameless)).then().statusCode(422).body("error.param", containsString("request_id"));
        Api.asMaster().post("/v1/usage", Map.of()).then().statusCode(422);

        assertThat(spent(team)).isNull();
    }

    @Test
    void a_part_of_a_use_is_refused_since_the_rest_of_it_would_be_lost() {
        var answer = book(use(Given.key(), "partial", true), use(Given.key(), "partial", false));

        assertThat(answer.getList("results.outcome")).containsExactly("refused", "booked");
        assertThat(answer.getString("results[0].param")).isEqualTo("partial");
    }

    @Test
    void a_blank_end_user_is_nobody() {
        var key = Given.key();

        book(use(key, "end_user", ""));

        assertThat(StoreAccess.queryOne(
                        "select count(*)::text from spend_total where scope_kind = 'end_user' and scope_id = ''"))
                .isEqualTo("0");
    }

    @Test
    void customers_and_tags_are_charged_for_what_nobody_admitted() {
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", Map.of("user_id", customer, "max_budget", 1.0, "budget_duration", "1d"));
        var tag = Given.unique("tag");
        Api.asMaster().create("/tag/new", Map.of("name", tag, "max_budget", 1.0, "budget_duration", "1d"));
        var key = Given.key();

        book(use(key, "end_user", customer, "cost_usd", 5), use(key, "tags", List.of(tag), "cost_usd", 5));

        assertThat(decide(request(key, "end_user", customer, "estimated_cost_usd", 0.3))
                        .getBoolean("admitted"))
                .isFalse();
        assertThat(decide(request(key, "tags", List.of(tag), "estimated_cost_usd", 0.3))
                        .getBoolean("admitted"))
                .isFalse();
        assertThat(decide(request(key, "estimated_cost_usd", 0.3)).getBoolean("admitted"))
                .isTrue();
    }
}
