package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is guaranteed to keys and teams is there: the sum under a parent is checked when it is written, at both ends. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class GuaranteedThroughputTest {

    private static final String GUARANTEED = "guaranteed_throughput";

    private static Response generate(Object... fields) {
        return Api.asMaster().post("/key/generate", Given.body(fields));
    }

    private static Response update(String route, Object... fields) {
        return Api.asMaster().post(route, Given.body(fields));
    }

    private static String keyOf(String team, long tpm, String type) {
        return Given.key("team_id", team, "tpm_limit", tpm, "tpm_limit_type", type);
    }

    private static void refused(Response answer, String param) {
        answer.then().statusCode(400).body("error.param", equalTo(param));
    }

    @Test
    void a_guaranteed_key_is_made_only_where_all_keys_of_its_team_together_fit_its_limit() {
        var team = Given.team("tpm_limit", 1_000, "rpm_limit", 10);
        keyOf(team, 600, GUARANTEED);
        keyOf(team, 300, null);

        refused(generate("team_id", team, "tpm_limit", 101, "tpm_limit_type", GUARANTEED), "tpm_limit");
        generate("team_id", team, "tpm_limit", 100, "tpm_limit_type", GUARANTEED)
                .then()
                .statusCode(200)
                .body("tpm_limit_type", equalTo(GUARANTEED));
        generate("team_id", team, "tpm_limit", 1_000, "tpm_limit_type", "best_effort_throughput")
                .then()
                .statusCode(200);
        generate("team_id", team, "rpm_limit", 10, "rpm_limit_type", GUARANTEED)
                .then()
                .statusCode(200);
        refused(generate("team_id", team, "rpm_limit", 1, "rpm_limit_type", GUARANTEED), "rpm_limit");
    }

    @Test
    void changing_a_key_or_moving_it_is_checked_like_making_it() {
        var team = Given.team("tpm_limit", 1_000);
        var full = Given.team("tpm_limit", 1_000);
        keyOf(full, 900, null);
        keyOf(team, 500, GUARANTEED);
        var key = keyOf(team, 600, null);

        refused(update("/key/update", "key", key, "tpm_limit_type", GUARANTEED), "tpm_limit");
        update("/key/update", "key", key, "tpm_limit_type", GUARANTEED, "tpm_limit", 500)
                .then()
                .statusCode(200);
        refused(update("/key/update", "key", key, "tpm_limit", 501), "tpm_limit");
        refused(update("/key/update", "key", key, "team_id", full), "tpm_limit");
        update("/key/update", "key", key, "key_alias", Given.unique("untouched"))
                .then()
                .statusCode(200);
    }

    @Test
    void a_team_is_not_lowered_below_what_its_keys_are_promised() {
        var team = Given.team("tpm_limit", 1_000);
        keyOf(team, 600, GUARANTEED);
        keyOf(team, 300, null);

        refused(update("/team/update", "team_id", team, "tpm_limit", 899), "tpm_limit");
        update("/team/update", "team_id", team, "tpm_limit", 900).then().statusCode(200);
        update("/team/update", "team_id", team, "tpm_limit", null).then().statusCode(200);
    }

    @Test
    void without_a_promise_teams_are_lowered_as_before() {
        var team = Given.team("tpm_limit", 1_000);
        keyOf(team, 600, null);
        keyOf(team, 600, null);

        update("/team/update", "team_id", team, "tpm_limit", 700).then().statusCode(200);
    }

    @Test
    void rates_of_one_model_are_summed_up_by_themselves_against_the_models_limit_or_that_of_all() {
        var team = Given.team("tpm_limit", 1_000, "model_tpm_limit", Map.of("gpt-4o", 500));
        Given.key("team_id", team, "model_tpm_limit", Map.of("gpt-4o", 300, "o3", 800));

        refused(
                generate("team_id", team, "model_tpm_limit", Map.of("gpt-4o", 201), "tpm_limit_type", GUARANTEED),
                "model_tpm_limit.gpt-4o");
        refused(
                generate("team_id", team, "model_tpm_limit", Map.of("o3", 201), "tpm_limit_type", GUARANTEED),
                "model_tpm_limit.o3");
        generate("team_id", team, "model_tpm_limit", Map.of("gpt-4o", 200, "o3", 200), "tpm_limit_type", GUARANTEED)
                .then()
                .statusCode(200);
        refused(
                update("/team/update", "team_id", team, "model_tpm_limit", Map.of("gpt-4o", 499)),
                "model_tpm_limit.gpt-4o");
    }

    @Test
    void a_limit_for_all_models_is_not_lowered_below_what_is_promised_of_one() {
        var team = Given.team("rpm_limit", 100, "model_rpm_limit", Map.of("gpt-4o-mini", 50));
        for (int i = 0; i < 2; i++) {
            Given.key(
                    "team_id",
                    team,
                    "model_rpm_limit",
                    Map.of("gpt-4o", 40, "gpt-4o-mini", 20),
                    "rpm_limit_type",
                    GUARANTEED);
        }

        refused(update("/team/update", "team_id", team, "rpm_limit", 79), "rpm_limit");
        update("/team/update", "team_id", team, "rpm_limit", 80).then().statusCode(200);
        // without a limit of its own the model has that for all, which is more
        update("/team/update", "team_id", team, "model_rpm_limit", Map.of())
                .then()
                .statusCode(200);
        refused(
                update("/team/update", "team_id", team, "model_rpm_limit", Map.of("gpt-4o-mini", 39)),
                "model_rpm_limit.gpt-4o-mini");
    }

    @Test
    void teams_and_keys_without_a_team_share_what_their_organization_has() {
        var organization = Given.organization("tpm_limit", 1_000);
        Given.team("organization_id", organization, "tpm_limit", 500);
        Given.key("organization_id", organization, "tpm_limit", 200);

        refused(
                Api.asMaster()
                        .post(
                                "/team/new",
                                Given.body(
                                        "organization_id",
                                        organization,
                                        "tpm_limit",
                                        301,
                                        "tpm_limit_type",
                                        GUARANTEED)),
                "tpm_limit");
        var team = Given.team("organization_id", organization, "tpm_limit", 200, "tpm_limit_type", GUARANTEED);
        refused(generate("organization_id", organization, "tpm_limit", 101, "tpm_limit_type", GUARANTEED), "tpm_limit");
        generate("organization_id", organization, "tpm_limit", 100, "tpm_limit_type", GUARANTEED)
                .then()
                .statusCode(200);
        refused(update("/team/update", "team_id", team, "tpm_limit", 201), "tpm_limit");
        refused(
                Api.asMaster().patch("/organization/update", Map.of("organization_id", organization, "tpm_limit", 999)),
                "tpm_limit");
    }

    @Test
    void a_linked_budgets_rate_counts_for_the_key() {
        var budget = Given.unique("tier");
        Api.asMaster().create("/budget/new", Map.of("budget_id", budget, "tpm_limit", 700));
        var team = Given.team("tpm_limit", 1_000);
        keyOf(team, 400, null);

        refused(generate("team_id", team, "budget_id", budget, "tpm_limit_type", GUARANTEED), "tpm_limit");
    }

    @Test
    void keys_that_are_made_at_the_same_time_are_not_promised_more_than_there_is() {
        var team = Given.team("tpm_limit", 1_000);
        var calls = Calls.to(RestAssured.port);
        var body = "{\"team_id\":\"%s\",\"tpm_limit\":300,\"tpm_limit_type\":\"%s\"}".formatted(team, GUARANTEED);

        var answers =
                calls.postAll("/key/generate", IntStream.range(0, 12).boxed().flatMap(i -> Stream.of(body)));

        assertThat(answers.stream().map(Calls.Answer::status)).containsOnly(200, 400);
        assertThat(answers.stream().filter(answer -> answer.status() == 200)).hasSize(3);
    }
}
