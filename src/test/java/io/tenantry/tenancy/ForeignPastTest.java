package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What another tenant was or has does not come in through an id. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ForeignPastTest {

    @Test
    void the_id_of_another_organizations_deleted_team_is_not_free() {
        var theirs = Given.organization();
        var ours = Given.organization();
        var team = Given.team("organization_id", theirs);
        Given.key("team_id", team);
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team)));

        Api.as(Tenants.adminOf(ours).key())
                .post("/team/new", body("team_id", team, "organization_id", ours))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("team_id"));
        Api.asMaster()
                .post("/team/new", body("team_id", team, "organization_id", theirs))
                .then()
                .statusCode(200);
    }

    @Test
    void a_shared_budget_does_not_sink_below_what_its_organizations_teams_have() {
        var budget = Given.unique("budget");
        Api.asMaster().create("/budget/new", body("budget_id", budget, "max_budget", 100));
        var organization = Given.organization("budget_id", budget);
        Given.team("organization_id", organization, "max_budget", 90);

        Api.asMaster()
                .post("/budget/update", body("budget_id", budget, "max_budget", 10))
                .then()
                .statusCode(400);
        Api.asMaster()
                .post("/budget/update", body("budget_id", budget, "max_budget", 95))
                .then()
                .statusCode(200);
    }

    @Test
    void all_or_none_may_be_asked_for_in_the_body_too() {
        var user = Given.user();

        var answer = Api.asMaster()
                .post(
                        "/user/bulk_update",
                        body(
                                "atomic",
                                true,
                                "users",
                                List.of(
                                        Map.of("user_id", user, "tpm_limit", 777),
                                        Map.of("user_id", "nobody-" + user))));

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat((Object) Api.asMaster()
                        .get("/user/info?user_id=" + user)
                        .jsonPath()
                        .get("user_info.tpm_limit"))
                .isNull();
    }

    @Test
    void a_content_type_that_is_none_is_refused_as_such() {
        for (var type : List.of("garbage", "/", "application/")) {
            RestAssured.given()
                    .config(RestAssured.config()
                            .encoderConfig(io.restassured.config.EncoderConfig.encoderConfig()
                                    .appendDefaultContentCharsetToContentTypeIfUndefined(false)
                                    .encodeContentTypeAs(type, io.restassured.http.ContentType.TEXT)))
                    .header("Authorization", "Bearer " + Api.MASTER_KEY)
                    .contentType(type)
                    .body("{}")
                    .post("/user/bulk_create")
                    .then()
                    .statusCode(415);
        }
    }
}
