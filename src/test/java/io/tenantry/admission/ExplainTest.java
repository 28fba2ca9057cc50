package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ExplainTest {

    private static JsonPath explain(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions/explain", request);
    }

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    @Test
    void every_level_is_listed_with_its_limits_and_the_rule_each_comes_from() {
        var organization = Given.organization("rpm_limit", 1000);
        var team = Given.team("organization_id", organization, "tpm_limit", 40_000, "max_budget", 5);
        var key = Given.key("team_id", team, "rpm_limit", 60, "max_parallel_requests", 3);

        var answer = explain(request(key));

        assertThat(answer.getBoolean("would_admit")).isTrue();
        assertThat(answer.getList("levels.scope")).containsExactly("key", "team", "organization");
        assertThat(answer.getList("levels.verdict")).containsOnly("ok");
        assertThat(answer.getList("levels.find { it.scope == 'key' }.limits.kind"))
                .containsExactlyInAnyOrder("requests", "max_parallel_requests");
        assertThat(answer.getList("levels.find { it.scope == 'key' }.limits.rule"))
                .containsExactlyInAnyOrder("rpm_limit of key", "max_parallel_requests of key");
        assertThat(answer.getList("levels.find { it.scope == 'team' }.limits.rule"))
                .containsExactlyInAnyOrder("tpm_limit of team", "max_budget of team");
        assertThat(answer.getString("levels.find { it.scope == 'organization' }.limits[0].rule"))
                .startsWith("rpm_limit of organization, in budget '");
        assertThat(answer.getInt("levels.find { it.scope == 'team' }.limits.find { it.kind == 'tokens' }.charge"))
                .isEqualTo(200);
        assertThat(answer.getInt("estimate.tokens")).isEqualTo(200);
    }

    @Test
    void explaining_takes_nothing() {
        var key = Given.key("rpm_limit", 2, "max_budget", 1);
        for (int i = 0; i < 5; i++) {
            assertThat(explain(request(key)).getInt("levels[0].limits.find { it.kind == 'requests' }.remaining"))
                    .isEqualTo(2);
        }
        assertThat(admit(request(key)).getBoolean("admitted")).isTrue();
        assertThat(explain(request(key)).getInt("levels[0].limits.find { it.kind == 'requests' }.remaining"))
                .isEqualTo(1);
    }

    @Test
    void what_would_refuse_is_shown_with_the_wait_and_what_the_proxy_should_answer() {
        var team = Given.team("rpm_limit", 1);
        var key = Given.key("team_id", team, "max_budget", 0);
        assertThat(admit(request(Given.key("team_id", team))).getBoolean("admitted"))
                .isTrue();

        var answer = explain(request(key));

        assertThat(answer.getBoolean("would_admit")).isFalse();
        assertThat(answer.getList("levels.verdict")).containsExactly("refused", "refused");
        assertThat(answer.getLong("levels[1].limits[0].wait_ms")).isBetween(1L, 60_000L);
        assertThat(answer.getString("refusal.reason")).isEqualTo("budget_exceeded");
        assertThat(answer.getInt("refusal.status")).isEqualTo(429);
        assertThat(answer.getList("refusal.limits.scope")).containsExactly("key", "team");
    }

    @Test
    void a_rule_that_refuses_is_named_at_its_level() {
        var team = Given.team("models", List.of("gpt-4o-mini"));
        var key = Given.key("team_id", team);
        Api.asMaster().create("/key/block", Map.of("key", key));

        var blocked = explain(request(key));
        Api.asMaster().create("/key/unblock", Map.of("key", key));
        var denied = explain(request(key));

        assertThat(blocked.getString("levels[0].reason")).isEqualTo("blocked");
        assertThat(denied.getString("levels[1].reason")).isEqualTo("model_not_allowed");
        assertThat(denied.getList("levels[1].models")).containsExactly("gpt-4o-mini");
    }

    @Test
    void a_rule_that_refuses_is_explained_also_where_the_model_has_no_price() {
        var key = Given.key("max_budget", 1, "models", List.of("gpt-4o"));

        var explained = explain(request(key, "model", "no-such-price"));

        assertThat(explained.getString("refusal.reason")).isEqualTo("model_not_allowed");
        assertThat(explained.getMap("refusal"))
                .isEqualTo(admit(request(key, "model", "no-such-price")).getMap("refusal"));
        assertThat(explained.getList("levels[0].limits.kind")).containsExactly("budget");
        Api.asMaster()
                .post("/v1/admissions/explain", request(Given.key("max_budget", 1), "model", "no-such-price"))
                .then()
                .statusCode(400);
    }

    @Test
    void an_unknown_key_is_explained_as_such_and_an_invalid_request_is_refused() {
        assertThat(explain(request("sk-unknown")).getString("refusal.reason")).isEqualTo("unknown_key");
        assertThat(Api.asMaster()
                        .post("/v1/admissions/explain", Map.of("model", "gpt-4o"))
                        .statusCode())
                .isEqualTo(422);
        assertThat(Api.as(Given.key())
                        .post("/v1/admissions/explain", request("sk-x"))
                        .statusCode())
                .isEqualTo(403);
    }
}
