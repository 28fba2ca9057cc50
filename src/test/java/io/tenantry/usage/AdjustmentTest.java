package io.tenantry.usage;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AdjustmentTest {

    private static Response adjust(Object... fields) {
        var body = Given.body("reason", "the answer was empty");
        body.putAll(Given.body(fields));
        return Api.asMaster().post("/v1/adjustments", body);
    }

    private static JsonPath adjusted(Object... fields) {
        var answer = adjust(fields);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    private static JsonPath decide(String key, double cost) {
        return Api.asMaster().create("/v1/admissions", request(key, "estimated_cost_usd", cost));
    }

    /** The request id of a use of this cost that was admitted and settled. */
    private static String spend(String key, double cost) {
        var request = request(key, "estimated_cost_usd", cost);
        var admission = Api.asMaster().create("/v1/admissions", request).getString("admission_id");
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission + "/settlement",
                        Given.body("cost_usd", cost, "input_tokens", 10, "output_tokens", 5));
        return (String) request.get("request_id");
    }

    private static String totals(String scope) {
        return StoreAccess.queryOne(
                "select string_agg(spend_nano || ' ' || requests, ', ' order by period) from spend_total where scope_id = ?",
                scope);
    }

    @Test
    void a_refund_makes_room_in_every_budget_at_once_and_for_good() {
        var organization = Given.organization("max_budget", 1.0);
        var team = Given.team("organization_id", organization, "max_budget", 1.0, "budget_duration", "1d");
        var user = Given.user("max_budget", 1.0);
        var key = Given.key("team_id", team, "user_id", user, "max_budget", 1.0, "budget_duration", "1d");
        var request = spend(key, 0.9);
        assertThat(decide(key, 0.3).getBoolean("admitted")).isFalse();

        var answer = adjusted("request_id", request, "amount_usd", -0.5);

        assertThat(answer.getString("request_id")).isEqualTo(request);
        assertThat(answer.getDouble("amount_usd")).isEqualTo(-0.5);
        assertThat(answer.getString("team_id")).isEqualTo(team);
        assertThat(answer.getString("actor")).isEqualTo("default_user_id");
        var admitted = decide(key, 0.3);
        assertThat(admitted.getBoolean("admitted")).as(admitted.prettify()).isTrue();
        assertThat(admitted.getList("limits.spent", Double.class)).hasSize(4).containsOnly(0.4);
        assertThat(decide(Given.key("user_id", user), 0).getDouble("limits[0].spent"))
                .isEqualTo(0.4);
        // a settlement afterwards goes on from the lower total
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admitted.getString("admission_id") + "/settlement",
                        Given.body("cost_usd", 0.3));
        assertThat(decide(key, 0.1).getList("limits.spent", Double.class)).containsOnly(0.7);
        assertThat(totals(team)).isEqualTo("700000000 2, 700000000 2");
        Api.asMaster().get("/team/info", Map.of("team_id", team)).then().body("team_info.spend", equalTo(0.7f));
    }

    @Test
    void a_refund_that_is_sent_again_makes_room_where_the_first_call_died_before_it_could_tell() {
        var key = Given.key("max_budget", 1.0);
        spend(key, 1.0);
        var balance = "t1:{key:%1$s}:balance3:key:%1$s".formatted(keyId(key));
        try (var redis = StoreAccess.redis()) {
            redis.call("COPY", balance, balance + ":before");
            adjusted("adjustment_id", "refund of " + key, "key", key, "amount_usd", -0.5);
            redis.call("COPY", balance + ":before", balance, "REPLACE");
            redis.call("DEL", balance + ":before");
        }
        assertThat(decide(key, 0.3).getBoolean("admitted")).isFalse();

        adjusted("adjustment_id", "refund of " + key, "key", key, "amount_usd", -0.5);

        assertThat(decide(key, 0.3).getBoolean("admitted")).isTrue();
    }

    private static String keyId(String key) {
        return StoreAccess.queryOne(
                "select key_id from key_secret where secret_hash = encode(sha256(convert_to(?, 'UTF8')), 'hex')", key);
    }

    @Test
    void a_refund_makes_room_at_the_customer_and_the_tag_at_once() {
        var customer = "customer of " + UUID.randomUUID();
        var tag = "tag/" + UUID.randomUUID();
        var model = Map.of("gpt-4o", Map.of("max_budget", 1, "budget_duration", "1d"));
        var caps = Given.body("budget_id", UUID.randomUUID().toString(), "max_budget", 1, "model_max_budget", model);
        Api.asMaster().create("/budget/new", caps);
        Api.asMaster().create("/customer/new", Given.body("user_id", customer, "budget_id", caps.get("budget_id")));
        Api.asMaster().create("/tag/new", Given.body("name", tag, "max_budget", 1));
        var key = Given.key();
        for (var scope : List.of(Map.entry("end_user", (Object) customer), Map.entry("tags", (Object) List.of(tag)))) {
            var asked = request(key, "estimated_cost_usd", 0.5, scope.getKey(), scope.getValue());
            var admission = Api.asMaster().create("/v1/admissions", asked).getString("admission_id");
            Api.asMaster().create("/v1/admissions/" + admission + "/settlement", Given.body("cost_usd", 0.9));
            var next = request(key, "estimated_cost_usd", 0.5, scope.getKey(), scope.getValue());
            assertThat(Api.asMaster().create("/v1/admissions", next).getBoolean("admitted"))
                    .isFalse();

            adjusted("request_id", asked.get("request_id"), "amount_usd", -0.8);

            var admitted = Api.asMaster().create("/v1/admissions", next);
            assertThat(admitted.getBoolean("admitted")).as(admitted.prettify()).isTrue();
        }
    }

    @Test
    void the_ledger_keeps_the_use_and_has_an_entry_of_its_own() {
        var team = Given.team();
        var key = Given.key("team_id", team, "tags", List.of("search"));
        var request = spend(key, 0.9);

        var id = adjusted("request_id", request, "amount_usd", -0.4).getString("adjustment_id");

        assertThat(StoreAccess.queryOne("select cost_nano::text from usage_event where request_id = ?", request))
                .isEqualTo("900000000");
        assertThat(StoreAccess.queryOne(
                        "select entry_kind || ' ' || cost_nano || ' ' || total_tokens from usage_event where request_id = ?",
                        id))
                .isEqualTo("adjustment -400000000 0");
        assertThat(StoreAccess.queryOne("select sum(cost_nano)::text from usage_event where team_id = ?", team))
                .isEqualTo("500000000");
        assertThat(StoreAccess.queryOne(
                        "select string_agg(tag || ' ' || requests || ' ' || spend_nano || ' ' || input_tokens, ', ' order by tag) from daily_usage where team_id = ?",
                        team))
                .isEqualTo(" 1 500000000 10, search 1 500000000 10");
        Api.asMaster()
                .get("/spend/logs", Map.of("request_id", id))
                .then()
                .body("[0].spend", equalTo(-0.4f))
                .body("[0].call_type", equalTo("adjustment"));
    }

    @Test
    void a_window_that_is_opened_later_has_it_too() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var request = spend(key, 0.9);
        adjusted("request_id", request, "amount_usd", -0.4);

        StoreAccess.execute(
                "update team set max_budget_nano = 1000000000, budget_duration = '1mo' where team_id = ?", team);
        Api.asMaster().create("/key/block", Map.of("key", key));
        Api.asMaster().create("/key/unblock", Map.of("key", key));

        assertThat(decide(key, 0.1).getDouble("limits[0].spent")).isEqualTo(0.5);
    }

    @Test
    void a_refund_of_an_earlier_period_leaves_this_one_alone() {
        var key = Given.key("max_budget", 1, "budget_duration", "1d");
        var request = UUID.randomUUID().toString();
        var yesterday = Instant.now().minus(1, ChronoUnit.DAYS).toString();
        var use =
                Given.body("request_id", request, "api_key", key, "model", "gpt-4o", "cost_usd", 0.5, "at", yesterday);
        Api.asMaster().create("/v1/usage", Map.of("uses", List.of(use)));
        spend(key, 0.2);

        adjusted("request_id", request, "amount_usd", -0.5);

        assertThat(decide(key, 0.1).getDouble("limits[0].spent")).isEqualTo(0.2);
        Api.asMaster().get("/key/info", Map.of("key", key)).then().body("info.spend", equalTo(0.2f));
    }

    @Test
    void a_charge_counts_like_a_use() {
        var key = Given.key("max_budget", 1);
        var request = spend(key, 0.1);

        adjusted("request_id", request, "amount_usd", 0.85);

        assertThat(decide(key, 0.1).getString("refusal.reason")).isEqualTo("budget_exceeded");
    }

    @Test
    void each_level_can_be_adjusted_and_those_above_it_follow() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = Given.user();
        Api.asMaster()
                .create("/team/member_add", Map.of("team_id", team, "member", Map.of("user_id", user, "role", "user")));
        var key = Given.key("team_id", team, "user_id", user);
        spend(key, 1.0);

        adjusted("organization_id", organization, "amount_usd", -0.1);
        adjusted("team_id", team, "amount_usd", -0.2);
        adjusted("team_id", team, "user_id", user, "amount_usd", -0.04);
        adjusted("user_id", user, "amount_usd", -0.01);
        adjusted("key", key, "amount_usd", -0.3);

        assertThat(totals(organization)).isEqualTo("360000000 1");
        assertThat(totals(team)).isEqualTo("460000000 1");
        assertThat(totals(team + "/" + user)).isEqualTo("660000000 1");
        assertThat(totals(user)).isEqualTo("650000000 1");
        for (var scope : List.of("organization_id", "team_id", "user_id")) {
            var id = scope.startsWith("o") ? organization : scope.startsWith("t") ? team : user;
            assertThat(StoreAccess.queryOne(
                            "select sum(cost_nano)::text from usage_event where %s = ?".formatted(scope), id))
                    .isEqualTo(totals(id).split(" ")[0]);
        }
    }

    @Test
    void an_adjustment_is_booked_once_per_id() {
        var key = Given.key();
        var request = spend(key, 0.9);
        var id = UUID.randomUUID().toString();

        var first = adjusted("adjustment_id", id, "request_id", request, "amount_usd", -0.4);
        var second = adjusted("adjustment_id", id, "request_id", request, "amount_usd", -0.1);

        assertThat(second.getMap("")).isEqualTo(first.getMap(""));
        assertThat(StoreAccess.queryOne(
                        "select sum(cost_nano)::text from usage_adjustment where request_id = ?", request))
                .isEqualTo("-400000000");
    }

    @Test
    void adjustments_and_requests_have_ids_of_their_own() {
        var team = Given.team();
        var key = Given.key("team_id", team);
        var id = spend(key, 0.9);

        var first = adjusted("adjustment_id", id, "request_id", id, "amount_usd", -0.4);
        var ofTeam = adjusted("adjustment_id", id + "-t", "team_id", team, "amount_usd", -0.1);
        var later = request(key, "request_id", id + "-t", "estimated_cost_usd", 0.2);
        var admission = Api.asMaster().create("/v1/admissions", later).getString("admission_id");
        Api.asMaster().create("/v1/admissions/" + admission + "/settlement", Given.body("cost_usd", 0.2));

        assertThat(adjusted("adjustment_id", id, "request_id", id, "amount_usd", -0.4)
                        .getMap(""))
                .isEqualTo(first.getMap(""));
        assertThat(adjusted("adjustment_id", id + "-t", "team_id", team, "amount_usd", -0.1)
                        .getMap(""))
                .isEqualTo(ofTeam.getMap(""));
        assertThat(ofTeam.getString("key_id")).isNull();
        assertThat(totals(team)).isEqualTo("600000000 2");
        var entries = Api.asMaster().get("/spend/logs", Map.of("request_id", id + "-t"));
        entries.then().body("call_type", hasItems("adjustment", ""));
        assertThat(entries.jsonPath().getList("findAll { it.call_type == 'adjustment' }.key_id"))
                .containsExactly("");
    }

    @Test
    void a_request_id_of_several_keys_needs_the_key_that_is_meant() {
        var teams = List.of(Given.team(), Given.team());
        var keys = teams.stream().map(team -> Given.key("team_id", team)).toList();
        var id = spend(keys.get(0), 0.5);
        var mine = adjusted("adjustment_id", id, "request_id", id, "amount_usd", -0.1);
        var same = request(keys.get(1), "request_id", id, "estimated_cost_usd", 0.5);
        var admission = Api.asMaster().create("/v1/admissions", same).getString("admission_id");
        Api.asMaster().create("/v1/admissions/" + admission + "/settlement", Given.body("cost_usd", 0.7));

        adjust("request_id", id, "amount_usd", -0.1)
                .then()
                .statusCode(400)
                .body("error.param", equalTo("key"))
                .body("error.message", containsString("name the one in key"));
        adjust("request_id", id, "key", Given.key(), "amount_usd", -0.1)
                .then()
                .statusCode(404)
                .body("error.param", equalTo("request_id"));
        adjust("request_id", id, "key", keys.get(1), "amount_usd", -0.8)
                .then()
                .statusCode(400)
                .body("error.message", containsString("0.7"));
        var theirs = adjusted("request_id", id, "key", keys.get(1), "amount_usd", -0.6);

        assertThat(theirs.getString("team_id")).isEqualTo(teams.get(1));
        // who repeats an adjustment that was clear when it was booked is answered as before
        assertThat(adjusted("adjustment_id", id, "request_id", id, "amount_usd", -0.1)
                        .getMap(""))
                .isEqualTo(mine.getMap(""));
        assertThat(teams.stream().map(AdjustmentTest::totals)).containsExactly("400000000 1", "100000000 1");
    }

    @Test
    void no_more_is_given_back_than_was_paid_also_by_many_at_once() {
        var team = Given.team();
        var request = spend(Given.key("team_id", team), 0.9);

        adjust("request_id", request, "amount_usd", -1)
                .then()
                .statusCode(400)
                .body("error.param", equalTo("amount_usd"))
                .body("error.message", containsString("0.9"));
        var answers = Calls.to(RestAssured.port)
                .postAll(
                        "/v1/adjustments",
                        IntStream.range(0, 10)
                                .mapToObj(n -> "{\"request_id\": \"%s\", \"amount_usd\": -0.2, \"reason\": \"twice\"}"
                                        .formatted(request)));

        assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(4);
        assertThat(answers).filteredOn(answer -> answer.status() == 400).hasSize(6);
        assertThat(totals(team)).isEqualTo("100000000 1");
    }

    @Test
    void settlements_and_refunds_at_the_same_time_end_at_the_ledgers_sum() {
        var key = Given.key("max_budget", 1_000);
        var calls = Calls.to(RestAssured.port);
        var requests = IntStream.range(0, 20).mapToObj(n -> spend(key, 0.5)).toList();
        var open = IntStream.range(0, 20)
                .mapToObj(n -> decide(key, 0.1).getString("admission_id"))
                .toList();

        var running = new java.util.ArrayList<>(requests.stream()
                .map(id -> calls.postAsync(
                        "/v1/adjustments",
                        "{\"request_id\": \"%s\", \"amount_usd\": -0.25, \"reason\": \"half\"}".formatted(id)))
                .toList());
        running.addAll(open.stream()
                .map(id -> calls.postAsync("/v1/admissions/" + id + "/settlement", "{\"cost_usd\": 0.1}"))
                .toList());

        assertThat(running).allMatch(answer -> answer.join().status() == 200);
        // 20 × 0.25 and 20 × 0.1
        assertThat(decide(key, 0.1).getDouble("limits[0].spent")).isEqualTo(7.0);
    }

    @Test
    void it_is_audited_with_reason_and_actor() {
        var team = Given.team();
        spend(Given.key("team_id", team), 0.9);

        adjusted("team_id", team, "amount_usd", -0.5, "reason", "goodwill");

        assertThat(StoreAccess.queryOne(
                        "select actor_user_id || ' ' || action || ' ' || (before_value ->> 'spend') || ' ' || (after_value ->> 'spend') || ' ' || (after_value #>> '{adjustment,reason}') from audit_log where object_id = ? order by at desc limit 1",
                        team))
                .isEqualTo("default_user_id updated 0.9 0.4 goodwill");
    }

    @Test
    void only_proxy_admins_adjust() {
        var team = Given.team();
        var body = Given.body("team_id", team, "amount_usd", -1, "reason", "please");

        Api.asNobody().post("/v1/adjustments", body).then().statusCode(401);
        for (var role : List.of("proxy_admin_viewer", "internal_user", "internal_user_viewer")) {
            Api.as(Given.keyOfUserWithRole(role))
                    .post("/v1/adjustments", body)
                    .then()
                    .statusCode(403);
        }
        Api.as(Given.key("key_type", "gateway"))
                .post("/v1/adjustments", body)
                .then()
                .statusCode(403);
        assertThat(totals(team)).isNull();
        Api.as(Given.keyOfUserWithRole("proxy_admin"))
                .post("/v1/adjustments", body)
                .then()
                .statusCode(200);
    }

    @Test
    void bad_input_names_the_field_and_books_nothing() {
        var team = Given.team();
        var request = spend(Given.key("team_id", team), 0.9);

        adjust("amount_usd", -1).then().statusCode(400).body("error.param", equalTo("request_id"));
        adjust("amount_usd", -1, "request_id", request, "team_id", team).then().statusCode(400);
        adjust("team_id", team).then().statusCode(422).body("error.param", equalTo("amount_usd"));
        adjust("team_id", team, "amount_usd", 0).then().statusCode(400).body("error.param", equalTo("amount_usd"));
        adjust("team_id", team, "amount_usd", new BigDecimal("-1e-12")).then().statusCode(400);
        adjust("team_id", team, "amount_usd", -1e9).then().statusCode(422);
        adjust("team_id", team, "amount_usd", -1, "reason", " ")
                .then()
                .statusCode(422)
                .body("error.param", equalTo("reason"));
        adjust("request_id", request, "amount_usd", -0.1, "at", Instant.now().toString())
                .then()
                .statusCode(400)
                .body("error.param", equalTo("at"));
        adjust(
                        "team_id",
                        team,
                        "amount_usd",
                        -1,
                        "at",
                        Instant.now().plus(1, ChronoUnit.DAYS).toString())
                .then()
                .statusCode(400)
                .body("error.param", equalTo("at"));
        for (var missing : List.of("request_id", "key", "team_id", "user_id", "organization_id")) {
            adjust(missing, "nobody-" + UUID.randomUUID(), "amount_usd", -1)
                    .then()
                    .statusCode(404)
                    .body("error.param", equalTo(missing));
        }

        assertThat(totals(team)).isEqualTo("900000000 1");
    }
}
