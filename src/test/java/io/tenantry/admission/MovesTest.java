package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static io.tenantry.testing.Admissions.requestJson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A team or key that comes under another organization while its requests are open. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class MovesTest {

    private String from;
    private String to;

    @BeforeEach
    void organizations() {
        from = Given.organization();
        to = Given.organization();
    }

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static String admitted(Map<String, Object> request) {
        var decision = admit(request);
        assertThat(decision.getBoolean("admitted")).as(decision.prettify()).isTrue();
        return decision.getString("admission_id");
    }

    private static JsonPath refused(Map<String, Object> request) {
        var decision = admit(request);
        assertThat(decision.getBoolean("admitted")).as(decision.prettify()).isFalse();
        return decision;
    }

    private static void settle(String admission, double cost) {
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission + "/settlement",
                        Map.of("input_tokens", 1, "output_tokens", 1, "cost_usd", cost));
    }

    private static void release(String admission) {
        Api.asMaster().delete("/v1/admissions/" + admission).then().statusCode(200);
    }

    private static void move(String team, String organization) {
        Api.asMaster().create("/team/update", Map.of("team_id", team, "organization_id", organization));
    }

    private static Map<String, Object> costing(String key, double usd) {
        return request(key, "estimated_cost_usd", usd);
    }

    /** As if the move had been two days ago: what was open then has ended. */
    private static void endMoveOf(String team) {
        StoreAccess.execute("update scope_move set left_at = left_at - interval '2 days' where scope_id = ?", team);
        Api.asMaster().create("/team/update", Map.of("team_id", team, "metadata", Map.of("moved", "long ago")));
    }

    private static double spent(String team) {
        return Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .jsonPath()
                .getDouble("team_info.spend");
    }

    @Test
    void money_that_is_held_at_the_move_is_held_after_it_until_it_is_settled() {
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        var open = admitted(costing(key, 0.6));

        move(team, to);

        var refusal = refused(costing(key, 0.5));
        assertThat(refusal.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(refusal.getDouble("refusal.held")).isEqualTo(0.6);
        assertThat(refusal.getList("refusal.limits")).hasSize(1);
        settle(open, 0.2);
        var next = admit(costing(key, 0.5));
        assertThat(next.getBoolean("admitted")).isTrue();
        assertThat(next.getString("organization_id")).isEqualTo(to);
        assertThat(next.getList("limits.kind")).containsExactly("budget");
        assertThat(next.getDouble("limits[0].spent")).isEqualTo(0.2);
        assertThat(next.getDouble("limits[0].held")).isEqualTo(0.5);
        refused(costing(key, 0.4));
    }

    @Test
    void slots_and_rates_that_are_taken_at_the_move_stay_taken() {
        var team = Given.team("organization_id", from, "max_parallel_requests", 2, "rpm_limit", 3);
        var key = Given.key("team_id", team);
        var first = admitted(request(key));
        admitted(request(key));

        move(team, to);

        assertThat(refused(request(key)).getList("refusal.limits.kind")).containsExactly("max_parallel_requests");
        release(first);
        assertThat(admit(request(key)).getList("limits.remaining", Integer.class))
                .containsExactly(1, 0);
    }

    @Test
    void what_is_admitted_after_the_move_is_booked_once_and_counts_at_both_places() {
        var team = Given.team("organization_id", from, "max_budget", 1.0, "budget_duration", "30d");
        var key = Given.key("team_id", team, "max_budget", 0.9, "budget_duration", "1d");
        settle(admitted(costing(key, 0.1)), 0.1);

        move(team, to);
        settle(admitted(costing(key, 0.3)), 0.2);

        assertThat(spent(team)).isEqualTo(0.3);
        var next = admit(costing(key, 0.1));
        assertThat(next.getList("limits.spent", Float.class)).containsExactly(0.3f, 0.3f);
        refused(costing(key, 0.6));
    }

    @Test
    void what_is_settled_of_before_the_move_is_known_when_only_the_new_place_is_asked() {
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        var open = admitted(costing(key, 0.5));
        move(team, to);
        release(admitted(costing(key, 0.1)));
        settle(open, 0.8);
        var held = admitted(costing(key, 0.1));

        endMoveOf(team);

        var refusal = refused(costing(key, 0.2));
        assertThat(refusal.getDouble("refusal.spent")).isEqualTo(0.8);
        assertThat(refusal.getDouble("refusal.held")).isEqualTo(0.1);
        release(held);
        assertThat(admit(costing(key, 0.2)).getBoolean("admitted")).isTrue();
    }

    @Test
    void a_team_that_moves_on_and_back_keeps_what_it_holds_at_every_step() {
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        var first = admitted(costing(key, 0.3));
        move(team, to);
        var second = admitted(costing(key, 0.3));
        move(team, Given.organization());
        var third = admitted(costing(key, 0.3));
        refused(costing(key, 0.2));
        move(team, from);

        refused(costing(key, 0.2));
        List.of(first, second).forEach(MovesTest::release);
        settle(third, 0.4);
        var last = admit(costing(key, 0.6));
        assertThat(last.getBoolean("admitted")).isTrue();
        assertThat(last.getDouble("limits[0].spent")).isEqualTo(0.4);
        refused(costing(key, 0.1));
    }

    @Test
    void a_key_takes_along_what_it_holds_itself_and_not_what_its_team_holds() {
        var before = Given.team("organization_id", from, "max_budget", 1.0);
        var after = Given.team("organization_id", to, "max_budget", 1.0);
        var key = Given.key("team_id", before, "max_budget", 0.8);
        var open = admitted(costing(key, 0.6));

        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", after));

        assertThat(refused(costing(key, 0.3)).getString("refusal.scope")).isEqualTo("key");
        admitted(costing(Given.key("team_id", after), 0.9));
        refused(costing(Given.key("team_id", before), 0.5));
        release(open);
        admitted(costing(Given.key("team_id", before), 0.5));
    }

    @Test
    void a_key_holds_wherever_it_was_with_its_teams_and_not_where_they_were_without_it() {
        var first = Given.team("organization_id", from);
        var second = Given.team("organization_id", from);
        var key = Given.key("team_id", first, "max_budget", 1.0);
        admitted(costing(key, 0.4));
        move(second, to);
        move(first, to);
        admitted(costing(key, 0.3));

        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", second));
        refused(costing(key, 0.4));
        var third = Given.team("organization_id", Given.organization());
        move(third, Given.organization());
        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", third));

        assertThat(refused(costing(key, 0.4)).getDouble("refusal.held")).isEqualTo(0.7);
        admitted(costing(key, 0.3));
    }

    @Test
    void a_key_that_joins_a_team_that_has_just_come_keeps_what_it_holds() {
        var team = Given.team("organization_id", from);
        var key = Given.key("organization_id", to, "max_budget", 1.0);
        admitted(costing(key, 0.6));
        move(team, to);

        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", team));

        assertThat(refused(costing(key, 0.5)).getDouble("refusal.held")).isEqualTo(0.6);
        move(team, Given.organization());
        refused(costing(key, 0.5));
        admitted(costing(key, 0.4));
    }

    @Test
    void a_key_that_leaves_a_team_that_has_just_come_keeps_what_it_holds() {
        var team = Given.team("organization_id", from);
        var key = Given.key("team_id", team, "max_budget", 1.0, "max_parallel_requests", 2);
        admitted(costing(key, 0.3));
        move(team, to);
        var open = admitted(costing(key, 0.3));

        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", Given.team("organization_id", to)));

        assertThat(refused(costing(key, 0.5)).getList("refusal.limits.kind"))
                .containsExactlyInAnyOrder("budget", "max_parallel_requests");
        settle(open, 0.3);
        admitted(costing(key, 0.4));
    }

    @Test
    void moves_that_nobody_asks_for_any_more_are_forgotten_with_later_ones() {
        var team = Given.team("organization_id", from);
        move(team, to);
        StoreAccess.execute("update scope_move set left_at = left_at - interval '40 days' where scope_id = ?", team);

        move(Given.team("organization_id", from), to);

        assertThat(movesOf(team)).isEqualTo("0");
    }

    @Test
    void nothing_is_remembered_of_the_moves_of_what_is_deleted() {
        var team = Given.team("organization_id", from);
        var key = Api.asMaster().create("/key/generate", Map.of("team_id", Given.team("organization_id", from)));
        move(team, to);
        Api.asMaster().create("/key/update", Map.of("key", key.getString("key"), "team_id", team));
        assertThat(movesOf(team)).isEqualTo("1");
        assertThat(movesOf(key.getString("key_id"))).isEqualTo("1");

        Api.asMaster().create("/key/delete", Map.of("keys", List.of(key.getString("key"))));
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team)));

        assertThat(movesOf(team)).isEqualTo("0");
        assertThat(movesOf(key.getString("key_id"))).isEqualTo("0");
    }

    private static String movesOf(String scope) {
        return StoreAccess.queryOne("select count(*) from scope_move where scope_id = ?", scope);
    }

    @Test
    void a_users_key_that_becomes_a_teams_keeps_the_users_limits_and_its_own() {
        var user = Given.user("max_budget", 1.0);
        var key = Given.key("user_id", user, "max_budget", 0.8);
        var team = Given.team("organization_id", to);
        Api.asMaster()
                .create("/team/member_add", Map.of("team_id", team, "member", Map.of("user_id", user, "role", "user")));
        var open = admitted(costing(key, 0.5));

        Api.asMaster().create("/key/update", Map.of("key", key, "team_id", team));

        assertThat(refused(costing(key, 0.4)).getList("refusal.limits.scope")).containsExactly("key");
        var next = admit(costing(key, 0.3));
        assertThat(next.getList("limits.scope")).containsExactly("key", "user");
        assertThat(next.getList("limits.held", Float.class)).containsExactly(0.8f, 0.8f);
        settle(open, 0.5);
        settle(next.getString("admission_id"), 0.3);
        assertThat(refused(costing(key, 0.1)).getDouble("refusal.spent")).isEqualTo(0.8);
    }

    @Test
    void a_throttled_key_goes_on_throttled_after_a_move() {
        var team = Given.team("organization_id", from);
        var key = Given.key("team_id", team, "max_budget", 0.1, "rpm_limit", 20, "throttle_on_budget_exceeded", true);
        settle(admitted(costing(key, 0.1)), 0.1);

        move(team, to);

        admitted(costing(key, 0.1));
        admitted(costing(key, 0.1));
        assertThat(refused(costing(key, 0.1)).getString("refusal.reason")).isEqualTo("rate_limited");
    }

    @Test
    void what_nobody_admitted_and_corrections_count_at_both_places() {
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        admitted(costing(key, 0.1));
        move(team, to);
        admitted(costing(key, 0.1));

        var use = Given.body("request_id", Given.unique("use"), "api_key", key, "model", "gpt-4o", "cost_usd", 0.6);
        Api.asMaster().create("/v1/usage", Map.of("uses", List.of(use)));
        refused(costing(key, 0.3));
        var refund = Given.body("adjustment_id", Given.unique("a"), "team_id", team, "amount_usd", -0.5, "reason", "r");
        Api.asMaster().create("/v1/adjustments", refund);

        assertThat(admit(costing(key, 0.3)).getDouble("limits[0].spent")).isEqualTo(0.1);
    }

    @Test
    void explain_shows_each_limit_once_and_takes_nothing() {
        var team = Given.team("organization_id", from, "max_budget", 1.0, "rpm_limit", 10);
        var key = Given.key("team_id", team);
        admitted(costing(key, 0.6));
        move(team, to);

        var explained = Api.asMaster().create("/v1/admissions/explain", costing(key, 0.5));

        assertThat(explained.getBoolean("would_admit")).isFalse();
        assertThat(explained.getList("levels.find { it.scope == 'team' }.limits.kind"))
                .containsExactlyInAnyOrder("budget", "requests");
        assertThat(explained.getDouble("levels.find { it.scope == 'team' }.limits.find { it.kind == 'budget' }.held"))
                .isEqualTo(0.6);
        admitted(costing(key, 0.4));
    }

    @Test
    void a_repeated_request_holds_once_whether_or_not_its_team_has_moved() {
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        var request = costing(key, 0.6);
        admitted(request);
        move(team, to);

        var again = admitted(request);
        assertThat(admitted(request)).isEqualTo(again);
        settle(again, 0.5);

        assertThat(spent(team)).isEqualTo(0.5);
        assertThat(admit(costing(key, 0.5)).getBoolean("admitted")).isTrue();
    }

    @Test
    void a_request_that_is_repeated_after_a_move_and_refused_there_goes_on_holding() {
        var full = Given.organization("max_parallel_requests", 1);
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        var request = costing(key, 0.6);
        var open = admitted(request);
        var other = admitted(costing(Given.key("organization_id", full), 0.1));
        move(team, full);

        assertThat(refused(request).getString("refusal.scope")).isEqualTo("organization");

        release(other);
        assertThat(refused(costing(key, 0.5)).getDouble("refusal.held")).isEqualTo(0.6);
        settle(open, 0.2);
        admitted(costing(key, 0.8));
    }

    @Test
    void the_eleventh_move_of_a_day_is_refused_and_changes_nothing() {
        var team = Given.team("organization_id", from, "max_budget", 1.0);
        var key = Given.key("team_id", team);
        for (int i = 0; i < 5; i++) {
            move(team, to);
            move(team, from);
        }

        Api.asMaster()
                .post("/team/update", Map.of("team_id", team, "organization_id", to))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("organization_id"))
                .body("error.message", containsString("it can move again after 20"));

        assertThat(admit(costing(key, 0.1)).getString("organization_id")).isEqualTo(from);
        Api.asMaster().create("/team/update", Map.of("team_id", team, "max_budget", 2.0));
        endMoveOf(team);
        move(team, to);
    }

    @Test
    void a_key_has_moved_as_often_as_its_teams_have_with_it() {
        var team = Given.team("organization_id", from);
        var key = Given.key("team_id", team);
        for (int i = 0; i < 5; i++) {
            move(team, to);
            move(team, from);
        }

        Api.asMaster()
                .post("/key/update", Map.of("key", key, "team_id", Given.team("organization_id", to)))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("team_id"));

        Api.asMaster().create("/key/update", Map.of("key", key, "max_budget", 2.0));
    }

    @Test
    void however_often_a_team_moves_under_load_it_never_holds_more_than_its_budget() {
        var team = Given.team("organization_id", from, "max_budget", 0.6);
        var key = Given.key("team_id", team);
        var calls = Calls.to(RestAssured.port);
        var places = List.of(to, from, Given.organization(), to);

        var answers = new ArrayList<CompletableFuture<Calls.Answer>>();
        for (var place : places) {
            for (int i = 0; i < 20; i++) {
                answers.add(calls.postAsync("/v1/admissions", requestJson(key, "estimated_cost_usd", 0.01)));
            }
            move(team, place);
        }
        long admitted = answers.stream()
                .map(CompletableFuture::join)
                .filter(Calls.Answer::admitted)
                .count();
        assertThat(admitted).isLessThanOrEqualTo(60);

        while (admit(costing(key, 0.01)).getBoolean("admitted")) {
            admitted++;
        }
        assertThat(admitted).isEqualTo(60);
    }
}
