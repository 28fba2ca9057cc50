package io.tenantry.platform.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.tenantry.testing.Api;
import io.tenantry.testing.StoresResource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ErrorBodyTest {

    private static final String SAMPLES = "/test/samples";

    @Test
    void a_request_that_is_right_passes() {
        post("{\"team_alias\": \"a\", \"tpm_limit\": 0, \"members\": [{\"user_id\": \"u\"}]}")
                .then()
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "nonsense",
                "{\"team_alias\": }",
                "{'team_alias': 'a'}",
                "{\"team_alias\": \"a\"",
                "\"a\u0000",
                "{\"tpm_limit\": NaN}",
                "{\"tpm_limit\": 012}"
            })
    void what_is_not_json_is_400(String body) {
        isProblem(post(body), 400, "bad_request_error");
    }

    @Test
    void bytes_that_are_not_utf8_are_400() {
        var bytes = "{\"team_alias\": \"?\"}".getBytes(StandardCharsets.US_ASCII);
        bytes[16] = (byte) 0xC3;

        isProblem(caller().contentType(ContentType.JSON).body(bytes).post(SAMPLES), 400, "bad_request_error");
    }

    @Test
    void nesting_without_end_is_400() {
        var body = "{\"team_alias\": \"a\", \"metadata\": " + "{\"a\":".repeat(50_000) + "1" + "}".repeat(50_001);

        isProblem(post(body), 400, "bad_request_error");
    }

    @Test
    void a_number_of_a_hundred_thousand_digits_is_400() {
        isProblem(post("{\"max_budget\": " + "9".repeat(100_000) + "}"), 400, "bad_request_error");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"team_alias": "a", "tpm_limit": "many"}               | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": ""}                   | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": true}                 | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": [1]}                  | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": {"a": 1}}             | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": 99999999999999999999} | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": 1e400}                | tpm_limit         | type_error
                    {"team_alias": "a", "tpm_limit": -1}                   | tpm_limit         | value_error
                    {"team_alias": "a", "max_budget": "a lot"}             | max_budget        | type_error
                    {"team_alias": "a", "max_budget": ""}                  | max_budget        | type_error
                    {"team_alias": "a", "blocked": "maybe"}                | blocked           | type_error
                    {"team_alias": "a", "blocked": ""}                     | blocked           | type_error
                    {"team_alias": "a", "color": "BLUE"}                   | color             | type_error
                    {"team_alias": "a", "color": 1}                        | color             | type_error
                    {"team_alias": "a", "models": "gpt-4o"}                | models            | type_error
                    {"team_alias": "a", "models": {"a": 1}}                | models            | type_error
                    {"team_alias": "a", "models": ["ok", ["list"]]}        | models.1          | type_error
                    {"team_alias": "a", "models": ["ok", "longer than ten"]} | models.1        | value_error
                    {"team_alias": "a", "members": [{"user_id": "u"}, {"user_id": " "}]} | members.1.user_id | value_error
                    {"team_alias": "a", "members": [{"user_id": null}]}    | members.0.user_id | missing
                    {"team_alias": "a", "members": [{"user_id": {}}]}      | members.0.user_id | type_error
                    {"team_alias": "a", "model_rpm_limit": {"gpt-4oMini": -1}} | model_rpm_limit.gpt-4oMini | value_error
                    {"team_alias": "a", "model_rpm_limit": {"gpt-4oMini": "x"}} | model_rpm_limit.gpt-4oMini | type_error
                    {"team_alias": "a", "metadata": "text"}                | metadata          | type_error
                    {"team_alias": ["a"]}                                  | team_alias        | type_error
                    {"team_alias": null}                                   | team_alias        | missing
                    {}                                                     | team_alias        | missing
                    """)
    void a_wrong_field_is_422_and_named(String body, String field, String type) {
        var answer = isProblem(post(body), 422, "validation_error");

        assertThat(answer.jsonPath().getString("error.param")).isEqualTo(field);
        assertThat(answer.jsonPath().<String>getList("detail[0].loc"))
                .isEqualTo(List.of(("body." + field).split("\\.", field.contains("gpt") ? 3 : 0)));
        assertThat(answer.jsonPath().getString("detail[0].type")).isEqualTo(type);
        assertThat(answer.jsonPath().getString("detail[0].msg")).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "[{\"team_alias\": \"a\"}]",
                "\"text\"",
                "7",
                "true",
                "null",
                "",
                " ",
                "{\"team_alias\": \"a\"} {\"blocked\": true}"
            })
    void a_body_that_is_not_one_object_is_422(String body) {
        var answer = isProblem(post(body), 422, "validation_error");

        assertThat(answer.jsonPath().<String>getList("detail[0].loc")).isEqualTo(List.of("body"));
    }

    @Test
    void every_wrong_field_is_listed() {
        var answer = isProblem(post("{\"tpm_limit\": -1, \"models\": [\"longer than ten\"]}"), 422, "validation_error");

        assertThat(answer.jsonPath().<List<String>>getList("detail.loc"))
                .containsExactlyInAnyOrder(
                        List.of("body", "team_alias"), List.of("body", "tpm_limit"), List.of("body", "models", "0"));
        assertThat(answer.jsonPath().getString("error.message")).contains("team_alias", "tpm_limit", "models.0");
    }

    @Test
    void fields_that_do_not_go_together_are_422() {
        var answer = isProblem(
                post("{\"team_alias\": \"a\", \"max_budget\": 1, \"color\": \"RED\"}"), 422, "validation_error");

        assertThat(answer.jsonPath().getString("error.message")).contains("both a budget and a color");
    }

    @Test
    void a_text_that_does_not_validate_is_not_repeated() {
        var answer = post("{\"team_alias\": \"a\", \"tpm_limit\": \"sk-secret-of-somebody\"}");

        assertThat(answer.asString()).doesNotContain("sk-secret");
    }

    @Test
    void path_and_query_are_told_apart() {
        var answer = isProblem(caller().get(SAMPLES + "/too-long-an-id?page_size=101"), 422, "validation_error");

        assertThat(answer.jsonPath().<List<String>>getList("detail.loc"))
                .containsExactlyInAnyOrder(List.of("path", "sample_id"), List.of("query", "page_size"));
    }

    @Test
    void a_query_parameter_of_the_wrong_type_is_422() {
        var answer = isProblem(caller().get(SAMPLES + "/id?page_size=many"), 422, "validation_error");

        assertThat(answer.jsonPath().<String>getList("detail[0].loc")).isEqualTo(List.of("query", "page_size"));
    }

    @Test
    void another_content_type_is_415() {
        isProblem(caller().contentType("text/plain").body("{}").post(SAMPLES), 415, "bad_request_error");
    }

    @Test
    void an_answer_in_another_form_is_406() {
        isProblem(
                caller().contentType(ContentType.JSON)
                        .accept("text/csv")
                        .body("{}")
                        .post(SAMPLES),
                406,
                "bad_request_error");
    }

    @Test
    void a_wrong_method_is_405() {
        isProblem(caller().delete(SAMPLES), 405, "bad_request_error");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/nothing",
                "/test",
                "/test/samples/a/b",
                "/q/nothing",
                "/q/health/nothing",
                "/%00",
                "/a%2e%2e/b",
                "/index.html"
            })
    void an_unknown_path_is_404_with_and_without_credential(String path) {
        isProblem(caller().urlEncodingEnabled(false).get(path), 404, "not_found_error");
        isProblem(given().urlEncodingEnabled(false).get(path), 404, "not_found_error");
    }

    @Test
    void a_failure_of_ours_is_500_and_shows_nothing_of_our_insides() {
        var answer = isProblem(caller().get(SAMPLES + "/broken"), 500, "internal_server_error");

        assertThat(answer.asString()).doesNotContain("inside-secret").doesNotContain("Exception");
    }

    private static RequestSpecification caller() {
        return given().header("Authorization", "Bearer " + Api.MASTER_KEY);
    }

    private static Response post(String body) {
        return caller().contentType(ContentType.JSON).body(body).post(SAMPLES);
    }

    static Response isProblem(Response answer, int status, String type) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        assertThat(answer.contentType()).startsWith("application/json");
        assertThat(answer.jsonPath().getString("error.code")).isEqualTo(String.valueOf(status));
        assertThat(answer.jsonPath().getString("error.type")).isEqualTo(type);
        assertThat(answer.jsonPath().getString("error.message")).isNotBlank();
        assertThat(answer.jsonPath().<Object>get("detail")).isNotNull();
        return answer;
    }
}
