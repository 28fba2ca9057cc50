package io.tenantry.usage;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Periods that are over stay, and are read like the one that is running. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SpendPeriodsTest {

    private static void spend(String key, String cost) {
        var admitted = Api.asMaster().create("/v1/admissions", request(key, "estimated_cost_usd", cost));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admitted.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", 30, "output_tokens", 12, "cost_usd", cost));
    }

    private static JsonPath periods(Api caller, Object... query) {
        return caller.get("/spend/periods", Given.body(query)).jsonPath();
    }

    private static void yesterday(String team, long nano) {
        StoreAccess.execute(
                "insert into spend_total (scope_kind, scope_id, period, period_start, period_end, spend_nano, requests, total_tokens) "
                        + "values ('team', ?, '1d', date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 day', "
                        + "date_trunc('day', now() at time zone 'UTC') at time zone 'UTC', ?, 4, 400)",
                team,
                nano);
    }

    @Test
    void the_running_period_and_those_before_are_told_newest_first() {
        var team = Given.team("max_budget", 10, "budget_duration", "1d");
        spend(Given.key("team_id", team), "0.25");
        yesterday(team, 7_000_000_000L);

        var days = periods(Api.asMaster(), "scope", "team", "id", team, "period", "1d");
        var all = periods(Api.asMaster(), "scope", "team", "id", team);

        assertThat(days.getList("periods.spend", Float.class)).containsExactly(0.25f, 7f);
        assertThat(days.getList("periods.total_tokens", Integer.class)).containsExactly(42, 400);
        assertThat(days.getString("periods[1].ends_at")).isEqualTo(days.getString("periods[0].starts_at"));
        assertThat(all.getList("periods.period", String.class)).containsExactlyInAnyOrder("1d", "1d", "lifetime");
    }

    @Test
    void a_models_periods_are_told_where_it_has_a_budget() {
        var key = Given.key("model_max_budget", Map.of("gpt-4o", Map.of("max_budget", 1, "budget_duration", "1d")));
        spend(key, "0.5");
        var id = Api.asMaster().get("/key/info?key=" + key).jsonPath().getString("info.key_id");

        var ofModel = periods(Api.asMaster(), "scope", "key", "id", id, "model", "gpt-4o");

        assertThat(ofModel.getString("model")).isEqualTo("gpt-4o");
        assertThat(ofModel.getList("periods.findAll { it.period == '1d' }.spend", Float.class))
                .containsExactly(0.5f);
    }

    @Test
    void what_is_out_of_reach_looks_like_what_is_not_there() {
        var user = Given.user();
        var team = Given.team("members_with_roles", java.util.List.of(Map.of("role", "admin", "user_id", user)));
        var other = Given.team();
        var key = Given.key("team_id", team, "user_id", user);
        spend(key, "0.25");
        spend(Given.key("team_id", other), "0.5");

        var own = periods(Api.as(key), "scope", "team", "id", team);
        var foreign = periods(Api.as(key), "scope", "team", "id", other);
        var member = periods(Api.as(key), "scope", "team_member", "id", team + "/" + user);

        assertThat(own.getList("periods")).isNotEmpty();
        assertThat(member.getList("periods")).isNotEmpty();
        assertThat(foreign.getList("periods")).isEmpty();
        assertThat(foreign.getMap("$").keySet()).isEqualTo(own.getMap("$").keySet());
    }

    @Test
    void a_scope_that_is_none_and_a_missing_caller_are_refused() {
        assertThat(Api.asMaster().get("/spend/periods?scope=planet&id=x").statusCode())
                .isIn(400, 422);
        assertThat(Api.asMaster().get("/spend/periods?scope=team").statusCode()).isIn(400, 422);
        assertThat(Api.asNobody().get("/spend/periods?scope=team&id=x").statusCode())
                .isEqualTo(401);
    }
}
