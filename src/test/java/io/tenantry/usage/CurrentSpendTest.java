package io.tenantry.usage;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The {@code spend} that views show is what the limits count, also before a limit has been asked about it. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class CurrentSpendTest {

    private String organization;
    private String team;
    private String user;
    private String key;

    @BeforeEach
    void someone() {
        organization = Given.organization();
        team = Given.team("organization_id", organization);
        user = Given.user();
        Api.asMaster()
                .create("/team/member_add", Map.of("team_id", team, "member", Map.of("role", "user", "user_id", user)));
        key = Given.key("team_id", team, "user_id", user);
        spend(4);
    }

    private void spend(double usd) {
        var admission = Api.asMaster()
                .create("/v1/admissions", Admissions.request(key, "estimated_cost_usd", 0))
                .getString("admission_id");
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission + "/settlement",
                        body("input_tokens", 1, "output_tokens", 1, "cost_usd", usd));
    }

    private static double shown(String path, String parameter, String value, String field) {
        return Api.asMaster().get(path, Map.of(parameter, value)).jsonPath().getDouble(field);
    }

    private double ofKey() {
        return shown("/key/info", "key", key, "info.spend");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1d", "7d", "1mo", "3d"})
    void a_period_that_is_set_afterwards_shows_what_was_spent_in_it_already(String period) {
        Api.asMaster().create("/key/update", body("key", key, "budget_duration", period));
        Api.asMaster().create("/user/update", body("user_id", user, "budget_duration", period));
        Api.asMaster().create("/team/update", body("team_id", team, "budget_duration", period));
        Api.asMaster()
                .patch("/organization/update", body("organization_id", organization, "budget_duration", period))
                .then()
                .statusCode(200);

        assertThat(ofKey()).isEqualTo(4);
        assertThat(shown("/user/info", "user_id", user, "user_info.spend")).isEqualTo(4);
        assertThat(shown("/v2/user/info", "user_id", user, "spend")).isEqualTo(4);
        assertThat(shown("/user/list", "user_ids", user, "users[0].spend")).isEqualTo(4);
        assertThat(shown("/team/info", "team_id", team, "team_info.spend")).isEqualTo(4);
        assertThat(shown("/organization/info", "organization_id", organization, "spend"))
                .isEqualTo(4);
        // and what is spent next is added, not counted twice
        spend(1);
        assertThat(ofKey()).isEqualTo(5);
        assertThat(shown("/team/info", "team_id", team, "team_info.spend")).isEqualTo(5);
    }

    @Test
    void days_begin_in_the_zone_of_the_budget() {
        for (var zone : new String[] {"Pacific/Kiritimati", "Pacific/Niue", "UTC"}) {
            Api.asMaster().create("/key/update", body("key", key, "budget_duration", "30d", "budget_time_zone", zone));
            spend(1);
        }
        assertThat(ofKey()).isEqualTo(7);
    }

    @Test
    void a_period_that_is_over_is_not_counted_and_neither_is_what_was_forgiven() {
        Api.asMaster().create("/key/update", body("key", key, "budget_duration", "1d", "max_budget", 10));
        var id = Api.asMaster().get("/key/info", Map.of("key", key)).jsonPath().getString("info.key_id");
        StoreAccess.execute(
                "insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano)"
                        + " values ('key', ?, '1d', date_trunc('day', now(), 'UTC') - interval '1 day', date_trunc('day', now(), 'UTC'), 9000000000)",
                id);

        assertThat(ofKey()).isEqualTo(4);
        Api.asMaster().create("/key/" + id + "/reset_spend", Map.of("reset_to", 0.5));
        assertThat(ofKey()).isEqualTo(0.5);
        assertThat(shown("/key/list", "key_hash", id, "total_count")).isEqualTo(1);
        assertThat(Api.asMaster()
                        .get("/key/list", Map.of("key_hash", id, "return_full_object", true))
                        .jsonPath()
                        .getDouble("keys[0].spend"))
                .isEqualTo(0.5);
    }

    @Test
    void a_period_without_any_use_costs_the_ledger_nothing_and_shows_zero() {
        var idle = Given.key("max_budget", 5, "budget_duration", "30d");

        assertThat(shown("/key/info", "key", idle, "info.spend")).isZero();
    }

    /** Days that the zone shares with none of UTC, days that it shares, and one whose days begin at half past. */
    @ParameterizedTest
    @ValueSource(strings = {"UTC", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kolkata"})
    void every_level_shows_what_the_ledger_holds_in_each_window(String zone) {
        var tag = Given.unique("tag");
        var customer = Given.unique("customer");
        Api.asMaster().create("/tag/new", Map.of("name", tag));
        Api.asMaster().create("/customer/new", Map.of("user_id", customer));
        var now = Instant.now();
        spendAt(now.minus(Duration.ofHours(13)), tag, customer, 1);
        spendAt(now.minus(Duration.ofHours(30)), tag, customer, 2);
        spendAt(now.minus(Duration.ofDays(6)), tag, customer, 8);
        Api.asMaster()
                .create(
                        "/v1/adjustments",
                        body(
                                "key",
                                key,
                                "amount_usd",
                                -0.5,
                                "at",
                                now.minus(Duration.ofHours(13)).toString(),
                                "reason",
                                "half of it back"));
        var keyId =
                Api.asMaster().get("/key/info", Map.of("key", key)).jsonPath().getString("info.key_id");
        for (var period : List.of("1d", "3d", "7d", "1mo")) {
            var limits = body("budget_duration", period, "budget_time_zone", zone);
            change("/key/update", limits, "key", key);
            change("/user/update", limits, "user_id", user);
            change("/team/update", limits, "team_id", team);
            change("/tag/update", limits, "name", tag);
            change("/customer/update", limits, "user_id", customer);

            var ofMember = body("team_id", team, "max_budget_in_team", 100);
            ofMember.putAll(limits);
            change("/team/member_update", ofMember, "user_id", user);
            limits.put("organization_id", organization);
            Api.asMaster().patch("/organization/update", limits).then().statusCode(200);

            var window = BudgetPeriod.windowAt(period, Instant.now(), ZoneId.of(zone));
            assertThat(shown("/organization/info", "organization_id", organization, "spend"))
                    .isEqualTo(inLedger("organization", organization, window));
            assertThat(shown(
                            "/team/info",
                            "team_id",
                            team,
                            "team_memberships.find { it.user_id == '" + user + "' }.spend"))
                    .isEqualTo(inLedger("team_member", team + "/" + user, window));
            assertThat(ofKey()).isEqualTo(inLedger("key", keyId, window));
            assertThat(shown("/user/info", "user_id", user, "user_info.spend"))
                    .isEqualTo(inLedger("user", user, window));
            assertThat(shown("/team/info", "team_id", team, "team_info.spend"))
                    .isEqualTo(inLedger("team", team, window));
            assertThat(shown("/customer/info", "end_user_id", customer, "spend"))
                    .isEqualTo(inLedger("end_user", customer, window));
            assertThat(Api.asMaster()
                            .create("/tag/info", Map.of("names", List.of(tag)))
                            .getDouble("'" + tag + "'.spend"))
                    .isEqualTo(inLedger("tag", tag, window));
        }
    }

    private static void change(String path, Map<String, Object> limits, String name, String id) {
        var request = body(name, id);
        request.putAll(limits);
        Api.asMaster().create(path, request);
    }

    private void spendAt(Instant at, String tag, String customer, double usd) {
        Api.asMaster()
                .create(
                        "/v1/usage",
                        Map.of(
                                "uses",
                                List.of(body(
                                        "request_id",
                                        Given.unique("late"),
                                        "api_key",
                                        key,
                                        "model",
                                        "gpt-4o",
                                        "end_user",
                                        customer,
                                        "tags",
                                        List.of(tag, tag),
                                        "at",
                                        at.toString(),
                                        "cost_usd",
                                        usd))));
    }

    private static double inLedger(String kind, String id, BudgetPeriod.Window window) {
        return Double.parseDouble(StoreAccess.queryOne(
                "select (ledger_sum(?, ?, to_timestamp(?), to_timestamp(?))).spend / 1e9",
                kind,
                id,
                window.start().getEpochSecond(),
                window.end().getEpochSecond()));
    }

    @Test
    void a_long_list_shows_of_each_what_it_has_spent() {
        var budget = Given.unique("monthly");
        Api.asMaster().create("/budget/new", body("budget_id", budget, "max_budget", 5, "budget_duration", "1mo"));
        var customer = Given.unique("customer");
        StoreAccess.execute(
                "insert into end_user (end_user_id, budget_id, created_by, updated_by)"
                        + " select ? || '-' || n, ?, 't', 't' from generate_series(1, 120) n",
                customer,
                budget);
        spendAt(Instant.now(), "t", customer + "-7", 3);
        // as if the period had been set only now
        StoreAccess.execute(
                "delete from spend_total where scope_kind = 'end_user' and scope_id = ? and period <> 'lifetime'",
                customer + "-7");

        var listed = Api.asMaster().get("/customer/list").jsonPath();
        assertThat(listed.getDouble("find { it.user_id == '" + customer + "-7' }.spend"))
                .isEqualTo(3);
        assertThat(listed.getDouble("find { it.user_id == '" + customer + "-8' }.spend"))
                .isZero();
    }

    @Test
    void more_readers_than_connections_are_all_answered() {
        var calls = Calls.to(RestAssured.port);

        for (var path :
                List.of("/key/info?key=" + key, "/key/list?return_full_object=true", "/team/info?team_id=" + team)) {
            assertThat(calls.getAll(path, 48))
                    .allSatisfy(answer ->
                            assertThat(answer.status()).as(answer.text()).isEqualTo(200));
        }
    }
}
