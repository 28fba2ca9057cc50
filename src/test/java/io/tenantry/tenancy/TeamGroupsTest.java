package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Model access groups that are assigned from the side of the team. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TeamGroupsTest {

    private static String group(String name, String... models) {
        return Api.asMaster()
                .post("/v1/access_group", body("access_group_name", name, "access_model_names", List.of(models)))
                .then()
                .statusCode(201)
                .extract()
                .path("access_group_id");
    }

    private static ValidatableResponse update(Api caller, String team, Object groups) {
        return caller.post("/team/update", body("team_id", team, "access_group_ids", groups))
                .then();
    }

    private static boolean admitted(String key, String model) {
        return Api.asMaster()
                .create("/v1/admissions", Admissions.request(key, "model", model))
                .getBoolean("admitted");
    }

    @Test
    void a_team_may_use_the_models_of_its_groups_and_shows_them() {
        var name = Given.unique("group");
        var group = group(name, "o1", "gpt-4o");
        var team = Given.team("access_group_ids", List.of(group, group));
        var key = Given.key("team_id", team);

        assertThat(admitted(key, "gpt-4o")).isTrue();
        assertThat(admitted(key, "gpt-4")).isFalse();
        Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .then()
                .body("team_info.access_group_ids", equalTo(List.of(group)))
                .body("team_info.access_group_models", equalTo(List.of("gpt-4o", "o1")))
                .body("team_info.access_group_agent_ids", equalTo(List.of()))
                .body("team_info.access_group_details[0].access_group_id", equalTo(group))
                .body("team_info.access_group_details[0].access_group_name", equalTo(name));
        Api.asMaster()
                .get("/v2/team/list", Map.of("team_id", team))
                .then()
                .body("teams[0].access_group_models", equalTo(List.of("gpt-4o", "o1")));
        Api.asMaster().get("/v1/access_group/" + group).then().body("assigned_team_ids", equalTo(List.of(team)));

        update(Api.asMaster(), team, null).statusCode(200).body("data.access_group_ids", equalTo(List.of()));
        assertThat(admitted(key, "gpt-4")).isTrue();
        Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .then()
                .body("team_info.access_group_models", nullValue())
                .body("team_info.access_group_details", nullValue());
    }

    @Test
    void a_group_that_does_not_exist_is_refused_by_name() {
        var team = Given.team();
        update(Api.asMaster(), team, List.of("nobodys"))
                .statusCode(404)
                .body("error.param", equalTo("access_group_ids"));
        Api.asMaster()
                .post("/team/new", body("access_group_ids", List.of("nobodys")))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("access_group_ids"));
    }

    @Test
    void only_proxy_admins_assign_groups_and_others_are_not_told_which_there_are() {
        var organization = Given.organization();
        var group = group(Given.unique("group"), "o1");
        var team = Given.team("organization_id", organization, "access_group_ids", List.of(group));
        var admin = Api.as(Tenants.adminOf(organization).key());

        update(admin, team, List.of(group)).statusCode(200);
        update(admin, team, List.of()).statusCode(403).body("error.param", equalTo("access_group_ids"));
        update(admin, team, List.of("nobodys")).statusCode(403);
        admin.post("/team/new", body("organization_id", organization, "access_group_ids", List.of(group)))
                .then()
                .statusCode(403);
        admin.post("/team/new", body("organization_id", organization, "access_group_ids", List.of()))
                .then()
                .statusCode(200);
    }

    @Test
    void a_deleted_group_leaves_its_teams() {
        var group = group(Given.unique("group"), "o1");
        var team = Given.team("access_group_ids", List.of(group));

        Api.asMaster().delete("/v1/access_group/" + group).then().statusCode(204);
        Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .then()
                .body("team_info.access_group_ids", equalTo(List.of()))
                .body("team_info.models", equalTo(List.of("no-default-models")));
    }
}
