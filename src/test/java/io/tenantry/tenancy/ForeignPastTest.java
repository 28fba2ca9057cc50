package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Deleting;
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
    void an_organizations_id_that_is_used_again_shows_nothing_of_who_had_it_before() {
        var organization = Given.organization();
        var elsewhere = Given.organization();
        var team = Given.team("organization_id", organization, "metadata", Map.of("secret", "theirs"));
        Given.key("team_id", team);
        Given.key("organization_id", organization);
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team)));
        Given.team("organization_id", organization);
        Deleting.asMaster("/organization/delete", Map.of("organization_ids", List.of(organization)))
                .statusCode(200);

        Given.organization("organization_id", organization);
        var admin = Tenants.adminOf(organization);
        var ofTwo = Tenants.adminOf(organization);
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                elsewhere,
                                "member",
                                Map.of("role", "org_admin", "user_id", ofTwo.userId())));
        var own = Given.team("organization_id", organization, "team_id", team);
        var key = Given.key("team_id", own);
        Api.asMaster().create("/key/delete", body("keys", List.of(key)));
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(own)));

        for (var caller : List.of(admin, ofTwo)) {
            var deleted = Api.as(caller.key()).get("/v2/team/list", Map.of("status", "deleted"));
            assertThat(deleted.jsonPath().getInt("total")).isEqualTo(1);
            assertThat(deleted.asString()).contains(own).doesNotContain("theirs");
            assertThat(Api.as(caller.key())
                            .get("/key/list", Map.of("status", "deleted"))
                            .jsonPath()
                            .<String>getList("keys"))
                    .containsExactly(SecretHash.of(key));
            var trail = Api.as(caller.key()).get("/audit", Map.of("page_size", 100));
            assertThat(trail.asString()).doesNotContain("theirs");
            assertThat(trail.jsonPath().getList("audit_logs.findAll { it.object_id == '" + organization + "' }.action"))
                    .containsExactly("created");
        }
        assertThat(Api.asMaster()
                        .get("/v2/team/list", Map.of("status", "deleted", "organization_id", organization))
                        .jsonPath()
                        .getInt("total"))
                .isEqualTo(3);
        var theirs = Api.asMaster()
                .get("/audit", Map.of("object_id", organization, "action", "deleted"))
                .jsonPath()
                .getString("audit_logs[0].id");
        Api.as(admin.key()).get("/audit/" + theirs).then().statusCode(404);
    }

    @Test
    void a_users_id_that_is_used_again_shows_nothing_of_who_had_it_before() {
        var team = Given.team();
        var user = Tenants.inTeam(team, "user").userId();
        Given.key("user_id", user);
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(team)));
        Api.asMaster().create("/user/delete", Map.of("user_ids", List.of(user)));

        Given.user("user_id", user, "user_role", "internal_user");
        var caller = Api.as(Given.key("user_id", user));

        assertThat(caller.get("/v2/team/list", Map.of("status", "deleted"))
                        .jsonPath()
                        .getList("teams"))
                .isEmpty();
        assertThat(caller.get("/key/list", Map.of("status", "deleted"))
                        .jsonPath()
                        .getList("keys"))
                .isEmpty();
        var own = Given.team();
        Api.asMaster()
                .create("/team/member_add", body("team_id", own, "member", Map.of("role", "user", "user_id", user)));
        Api.asMaster().create("/team/delete", Map.of("team_ids", List.of(own)));
        assertThat(caller.get("/v2/team/list", Map.of("status", "deleted"))
                        .jsonPath()
                        .<String>getList("teams.team_id"))
                .containsExactly(own);
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
