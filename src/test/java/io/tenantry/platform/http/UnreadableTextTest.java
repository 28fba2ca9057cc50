package io.tenantry.platform.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UnreadableTextTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /key/generate    | {"key_alias": "a\\u0000b"}                     | key_alias
                    /key/generate    | {"models": ["ok", "\\u0000"]}                  | models.1
                    /key/generate    | {"metadata": {"a": {"b": ["\\u0000"]}}}        | metadata.a
                    /key/generate    | {"aliases": {"a\\u0000": "x"}}                 | aliases
                    /key/generate    | {"key_alias": "half \\ud800"}                  | key_alias
                    /key/generate    | {"key_alias": "\\udc00\\ud800"}                | key_alias
                    /key/update      | {"key": "sk-x", "key_alias": "\\u0000"}        | key_alias
                    /user/new        | {"user_alias": "\\u0000"}                      | user_alias
                    /user/update     | {"user_id": "u", "user_alias": "\\ud83d"}      | user_alias
                    /user/delete     | {"user_ids": ["\\u0000"]}                      | user_ids.0
                    """)
    void a_text_that_cannot_be_stored_is_refused_by_its_name(String path, String body, String field) {
        post(path, body).then().statusCode(422).body("error.param", startsWith(field));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /team/new        | {"metadata": {"a": {"b": [1e400]}}}                            | metadata
                    /team/new        | {"metadata": {"a": -1e400}}                                    | metadata
                    /team/new        | {"budget_limits": [{"budget_duration": "1d", "max_budget": 1e400}]} | budget_limits
                    /key/generate    | {"model_max_budget": {"gpt-4o": {"max_budget": 1e400}}}        | model_max_budget
                    /key/generate    | {"budget_rollover": 1e400}                                     | budget_rollover
                    """)
    void a_number_beyond_all_numbers_is_refused_by_its_name(String path, String body, String field) {
        post(path, body).then().statusCode(422).body("error.param", startsWith(field));
    }

    @Test
    void whole_surrogate_pairs_come_back_as_they_were_sent() {
        var id = Given.unique("smile");

        post(
                        "/user/new",
                        "{\"user_id\": \"" + id
                                + "\", \"user_alias\": \"\\ud83d\\ude00 é\", \"auto_create_key\": false}")
                .then()
                .statusCode(200);

        assertThat(StoreAccess.queryOne("select user_alias from app_user where user_id = ?", id))
                .isEqualTo("\ud83d\ude00 é");
    }

    private static Response post(String path, String body) {
        return given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType(ContentType.JSON)
                .body(body)
                .post(path);
    }

    @ParameterizedTest
    @CsvSource({
        "/key/list?team_id=a%00b, team_id",
        "/user/info?user_id=%00, user_id",
        "/key/aliases?page=%20, page",
        "/key/aliases?size=many, size",
    })
    void a_query_that_cannot_be_read_is_refused_by_its_name(String url, String parameter) {
        given().urlEncodingEnabled(false)
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .get(url)
                .then()
                .statusCode(422)
                .body("error.param", equalTo(parameter))
                .body("error.code", equalTo("422"));
    }

    @Test
    void a_path_that_names_no_key_is_404() {
        given().urlEncodingEnabled(false)
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType(ContentType.JSON)
                .body("{\"reset_to\": 0}")
                .post("/key/a%00b/reset_spend")
                .then()
                .statusCode(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"maybe", "%20"})
    void a_switch_in_a_query_is_named_too(String value) {
        given().urlEncodingEnabled(false)
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .contentType(ContentType.JSON)
                .body("[{}]")
                .post("/user/bulk_create?atomic=" + value)
                .then()
                .statusCode(422)
                .body("error.param", equalTo("atomic"));
    }

    @Test
    void a_thousand_ids_fit_into_a_query() {
        var ids = "0123456789abcdef0123456789abcd,".repeat(1_000);

        given().urlEncodingEnabled(false)
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .get("/user/list?user_ids=" + ids)
                .then()
                .statusCode(200);
    }
}
