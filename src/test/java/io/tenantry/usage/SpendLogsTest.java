package io.tenantry.usage;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SpendLogsTest {

    private static final String TODAY = LocalDate.now(ZoneOffset.UTC).toString();

    /** Books this for the key and tells the request's id. */
    private static String spend(String key, String model, double usd) {
        var request = Admissions.request(key, "model", model, "estimated_cost_usd", 0);
        var admission = Api.asMaster().create("/v1/admissions", request).getString("admission_id");
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission + "/settlement",
                        body("input_tokens", 3, "output_tokens", 2, "cost_usd", usd));
        return (String) request.get("request_id");
    }

    private static Response logs(Api caller, Object... query) {
        return caller.get("/spend/logs", body(query));
    }

    private static JsonPath found(Object... query) {
        return logs(Api.asMaster(), query).then().statusCode(200).extract().jsonPath();
    }

    @Test
    void a_keys_bookings_are_found_by_any_of_its_names_also_after_a_rotation() {
        var key = Given.key();
        var first = spend(key, "small", 1);
        var rotated = Api.asMaster().create("/key/regenerate", Map.of("key", key, "grace_period", "1h"));
        var second = spend(rotated.getString("key"), "big", 2);

        for (var name : List.of(key, SecretHash.of(key), rotated.getString("token"), rotated.getString("key_id"))) {
            var rows = found("api_key", name);
            assertThat(rows.getList("request_id")).containsExactly(second, first);
            assertThat(rows.getDouble("[0].spend")).isEqualTo(2);
            assertThat(rows.getInt("[0].total_tokens")).isEqualTo(5);
        }
        assertThat(found("api_key", "sk-nobody-has-this-one").getList("$")).isEmpty();
    }

    @Test
    void filters_that_are_given_together_all_count() {
        var user = Given.user();
        var key = Given.key("user_id", user);
        var other = Given.key("user_id", user);
        var request = spend(key, "small", 1);
        var others = spend(other, "small", 1);

        assertThat(found("user_id", user).getList("request_id")).containsExactly(others, request);
        assertThat(found("user_id", user, "api_key", key).getList("request_id")).containsExactly(request);
        assertThat(found("user_id", user, "api_key", key, "request_id", others).getList("$"))
                .isEmpty();
        assertThat(found("user_id", user, "start_date", TODAY, "end_date", TODAY, "summarize", false)
                        .getList("request_id"))
                .containsExactly(others, request);
        assertThat(found("user_id", user, "start_date", "2020-01-01", "end_date", "2020-01-02", "summarize", false)
                        .getList("$"))
                .isEmpty();
    }

    @Test
    void days_are_summed_by_key_user_and_model_with_zero_after_the_last() {
        var user = Given.user();
        var key = Given.key("user_id", user);
        spend(key, "small", 1);
        spend(key, "big", 0.5);
        var end = LocalDate.parse(TODAY).plusDays(2).toString();

        logs(Api.asMaster(), "user_id", user, "start_date", "2026-01-01", "end_date", end)
                .then()
                .statusCode(200)
                .body("startTime[0]", equalTo(TODAY))
                .body("[0].spend", equalTo(1.5f))
                .body("[0].'" + SecretHash.of(key) + "'", equalTo(1.5f))
                .body("[0].users.'" + user + "'", equalTo(1.5f))
                .body("[0].models.small", equalTo(1))
                .body("[0].models.big", equalTo(0.5f))
                .body("$", hasSize(3))
                .body("[2].startTime", equalTo(end))
                .body("[2].spend", equalTo(0))
                .body("[2].users", equalTo(Map.of()));
        logs(Api.asMaster(), "api_key", key, "start_date", TODAY, "end_date", TODAY)
                .then()
                .body("[0].spend", equalTo(1.5f));
        logs(Api.asMaster(), "api_key", key, "start_date", "2020-01-01", "end_date", "2020-01-02")
                .then()
                .statusCode(200)
                .body("$", empty());
    }

    @Test
    void nobody_sees_what_lies_outside_the_own_reach() {
        var team = Given.team();
        var user = Given.user("user_role", "internal_user");
        var own = Given.key("user_id", user);
        var foreign = Given.key("team_id", team, "user_id", Given.user());
        var request = spend(foreign, "small", 1);
        spend(own, "small", 1);

        assertThat(logs(Api.as(own), "api_key", own).jsonPath().getList("$")).hasSize(1);
        for (var query : List.of(
                body("api_key", foreign),
                body("request_id", request),
                body("api_key", foreign, "start_date", TODAY, "end_date", TODAY),
                body("user_id", "somebody", "start_date", TODAY, "end_date", TODAY, "summarize", false))) {
            Api.as(own).get("/spend/logs", query).then().statusCode(200).body("$", empty());
        }
        Api.asMaster()
                .create(
                        "/team/member_add",
                        Map.of("team_id", team, "member", Map.of("role", "admin", "user_id", user)));
        assertThat(logs(Api.as(own), "api_key", foreign).jsonPath().getList("request_id"))
                .containsExactly(request);
    }

    @Test
    void the_newest_thousand_are_answered_and_more_are_announced() {
        var key = Api.asMaster().create("/key/generate", Map.of());
        StoreAccess.execute(
                "insert into usage_event (day, request_id, key_id, api_key, model, input_tokens, output_tokens, total_tokens, cost_nano, status, admitted_at, settled_at)"
                        + " select current_date, ? || n, cast(? as uuid), ?, 'small', 1, 1, 2, n, 'success', now() - n * interval '1 second', now()"
                        + " from generate_series(1, 1001) n",
                Given.unique("many"),
                key.getString("key_id"),
                key.getString("token"));

        var answer = logs(Api.asMaster(), "api_key", key.getString("token"));

        answer.then()
                .statusCode(200)
                .body("$", hasSize(1_000))
                .header("x-litellm-spend-logs-truncated", equalTo("true"));
        logs(Api.asMaster(), "api_key", key.getString("token"), "request_id", "none")
                .then()
                .header("x-litellm-spend-logs-truncated", nullValue());
    }

    @Test
    void what_cannot_be_read_is_named() {
        refused(400, "request_id");
        refused(400, "end_date", "start_date", TODAY);
        refused(400, "start_date", "end_date", TODAY);
        refused(400, "start_date", "start_date", "yesterday", "end_date", TODAY);
        refused(400, "end_date", "start_date", TODAY, "end_date", "2020-01-01");
        refused(400, "end_date", "start_date", "2020-01-01", "end_date", "2024-01-01");
        refused(422, "summarize", "start_date", TODAY, "end_date", TODAY, "summarize", "perhaps");
        refused(422, "user_id", "user_id", "u".repeat(256));
        logs(Api.asNobody(), "user_id", "u").then().statusCode(401);
    }

    private static void refused(int status, String parameter, Object... query) {
        logs(Api.asMaster(), query).then().statusCode(status).body("error.param", equalTo(parameter));
    }
}
