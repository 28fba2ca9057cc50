package io.tenantry.platform.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class EntityTagsTest {

    @ParameterizedTest
    @ValueSource(strings = {"/organization/list", "/team/list", "/key/list", "/user/info?user_id=default_user_id"})
    void a_read_that_brings_its_tag_back_gets_304_without_a_body(String path) {
        var first = get(path, null);
        if (first.statusCode() == 404) {
            assertThat(first.header("ETag")).isNull();
            return;
        }
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.header("Cache-Control")).isEqualTo("private, no-cache");

        var second = get(path, first.header("ETag"));

        assertThat(second.statusCode()).isEqualTo(304);
        assertThat(second.asString()).isEmpty();
        assertThat(second.header("ETag")).isEqualTo(first.header("ETag"));
    }

    @Test
    void a_change_makes_another_tag() {
        var team = Given.team();
        var path = "/team/info?team_id=" + team;
        var before = get(path, null).header("ETag");

        Api.asMaster()
                .create(
                        "/team/member_add",
                        Map.of("team_id", team, "member", Map.of("role", "user", "user_id", Given.user())));

        var after = get(path, before);
        assertThat(after.statusCode()).isEqualTo(200);
        assertThat(after.header("ETag")).isNotEqualTo(before);
        assertThat(after.jsonPath().getString("team_id")).isEqualTo(team);
    }

    @ParameterizedTest
    @ValueSource(strings = {"If-Match", "If-Unmodified-Since"})
    void a_change_on_a_condition_that_cannot_be_checked_is_refused_and_not_made(String header) {
        var team = Given.team("team_alias", "before");
        var path = "/team/info?team_id=" + team;
        var tag = get(path, null).header("ETag");

        for (var method : List.of("POST /team/update", "PATCH /team/" + team)) {
            var route = method.split(" ");
            var answer = given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                    .header(header, tag)
                    .contentType("application/json")
                    .body(Map.of("team_id", team, "team_alias", "after"))
                    .request(route[0], route[1]);
            assertThat(answer.statusCode()).isEqualTo(412);
            assertThat(answer.jsonPath().getString("error.param")).isEqualTo(header);
        }

        assertThat(get(path, tag).statusCode()).as("as it was").isEqualTo(304);
    }

    @Test
    void a_change_of_whatever_is_there_is_made() {
        var team = Given.team();

        given().header("Authorization", "Bearer " + Api.MASTER_KEY)
                .header("If-Match", "*")
                .contentType("application/json")
                .body(Map.of("team_id", team, "team_alias", "after"))
                .post("/team/update")
                .then()
                .statusCode(200);
    }

    @Test
    void weak_tags_lists_and_the_star_match_too() {
        var path = "/team/info?team_id=" + Given.team();
        var tag = get(path, null).header("ETag");

        assertThat(get(path, "W/" + tag).statusCode()).isEqualTo(304);
        assertThat(get(path, "\"other\", " + tag).statusCode()).isEqualTo(304);
        assertThat(get(path, "*").statusCode()).isEqualTo(304);
        assertThat(get(path, "\"other\"").statusCode()).isEqualTo(200);
    }

    @Test
    void failures_and_operations_have_no_tag() {
        assertThat(get("/team/info?team_id=none", null).header("ETag")).isNull();
        assertThat(get("/q/health/live", null).header("ETag")).isNull();
    }

    private static Response get(String path, String tag) {
        var request = given().header("Authorization", "Bearer " + Api.MASTER_KEY);
        return tag == null
                ? request.get(path)
                : request.header("If-None-Match", tag).get(path);
    }
}
