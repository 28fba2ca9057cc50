package io.tenantry.admission;

import static io.tenantry.testing.Given.body;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a user's models may run, and how large its requests may be. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UserRequestRulesTest {

    @Test
    void a_model_outside_of_the_region_is_refused_with_every_key_of_the_user() {
        var user = Given.user("allowed_model_region", "eu");
        for (var key : List.of(Given.key("user_id", user), Given.key("user_id", user, "team_id", Given.team()))) {
            decide(key, "model_region", "us")
                    .body("admitted", equalTo(false))
                    .body("refusal.reason", equalTo("region_not_allowed"))
                    .body("refusal.status", equalTo(403))
                    .body("refusal.scope", equalTo("user"))
                    .body("refusal.id", equalTo(user))
                    .body("refusal.body.error.message", containsString("region eu"));
            decide(key, "model_region", "EU").body("admitted", equalTo(true));
        }
    }

    @Test
    void a_request_that_does_not_say_where_its_model_runs_is_refused() {
        var key = Given.key("user_id", Given.user("allowed_model_region", "eu"));

        decide(key)
                .body("admitted", equalTo(false))
                .body("refusal.reason", equalTo("region_not_allowed"))
                .body("refusal.body.error.message", containsString("send model_region"));
    }

    @Test
    void a_region_means_nothing_to_others() {
        decide(Given.key("user_id", Given.user()), "model_region", "us").body("admitted", equalTo(true));
        decide(Given.key("team_id", Given.team()), "model_region", "us").body("admitted", equalTo(true));
    }

    @Test
    void prompts_and_answers_keep_to_their_size() {
        var key = Given.key(
                "user_id", Given.user("allowed_model_max_input_tokens", 100, "allowed_model_max_output_tokens", 50));

        decide(key, "input_tokens", 100, "max_output_tokens", 50).body("admitted", equalTo(true));
        tooMany(key, "input_tokens", 101, "max_output_tokens", 50);
        tooMany(key, "input_tokens", 100, "max_output_tokens", 51);
        tooMany(key, "input_tokens", null, "max_output_tokens", 50);
        tooMany(key, "input_tokens", 100, "max_output_tokens", null);
    }

    @Test
    void zero_allows_none_and_a_change_counts_for_the_next_request() {
        var user = Given.user("allowed_model_max_output_tokens", 0);
        var key = Given.key("user_id", user);

        tooMany(key, "max_output_tokens", 1);
        decide(key, "max_output_tokens", 0).body("admitted", equalTo(true));

        Api.asMaster().create("/user/update", body("user_id", user, "allowed_model_max_output_tokens", 10));
        decide(key, "max_output_tokens", 10).body("admitted", equalTo(true));

        Api.asMaster().create("/user/update", body("user_id", user, "allowed_model_max_output_tokens", null));
        decide(key, "max_output_tokens", null).body("admitted", equalTo(true));
    }

    private static void tooMany(String key, Object... fields) {
        decide(key, fields)
                .body("admitted", equalTo(false))
                .body("refusal.reason", equalTo("tokens_not_allowed"))
                .body("refusal.status", equalTo(400));
    }

    private static ValidatableResponse decide(String key, Object... fields) {
        return Api.asMaster()
                .post("/v1/admissions", Admissions.request(key, fields))
                .then()
                .statusCode(200);
    }
}
