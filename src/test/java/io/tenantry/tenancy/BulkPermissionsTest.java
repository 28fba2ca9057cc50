package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Permissions of plain members, added to many teams at once. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BulkPermissionsTest {

    private static ValidatableResponse add(Api caller, Object... fields) {
        return caller.post("/team/permissions_bulk_update", body(fields)).then();
    }

    private static List<String> permissions(String team) {
        return Api.asMaster()
                .get("/team/permissions_list", Map.of("team_id", team))
                .jsonPath()
                .getList("team_member_permissions");
    }

    @Test
    void permissions_are_added_to_those_that_are_there() {
        var one = Given.team("team_member_permissions", List.of("/key/update"));
        var other = Given.team("team_member_permissions", List.of("/key/list"));

        add(Api.asMaster(), "team_ids", List.of(one, other), "permissions", List.of("/key/list"))
                .statusCode(200)
                .body("teams_updated", equalTo(1))
                .body("permissions_appended", equalTo(List.of("/key/list")));
        assertThat(permissions(one)).containsExactly("/key/list", "/key/update");
        assertThat(permissions(other)).containsExactly("/key/list");
        assertThat(StoreAccess.queryOne(
                        "select after_value ->> 'team_member_permissions' from audit_log where object_id = ? and action = 'updated'",
                        one))
                .isEqualTo("[\"/key/list\", \"/key/update\"]");
    }

    @Test
    void all_teams_may_be_meant() {
        var team = Given.team();
        add(Api.asMaster(), "apply_to_all_teams", true, "permissions", List.of("/key/aliases"))
                .statusCode(200)
                .body("teams_updated", greaterThanOrEqualTo(1));
        assertThat(permissions(team)).contains("/key/aliases");
        add(Api.asMaster(), "apply_to_all_teams", true, "permissions", List.of("/key/aliases"))
                .body("teams_updated", equalTo(0));
    }

    @Test
    void bad_input_and_other_callers_change_nothing() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var list = List.of("/key/list");

        add(Api.asMaster(), "team_ids", List.of(team, "nobodys"), "permissions", list)
                .statusCode(404)
                .body("error.param", equalTo("team_ids"));
        add(Api.asMaster(), "team_ids", List.of(team), "permissions", List.of("/key/nothing"))
                .statusCode(422)
                .body("error.param", equalTo("permissions"));
        add(Api.asMaster(), "permissions", list).statusCode(400).body("error.param", equalTo("team_ids"));
        add(Api.asMaster(), "team_ids", List.of(team), "apply_to_all_teams", true, "permissions", list)
                .statusCode(400);
        add(Api.asMaster(), "team_ids", List.of(team), "permissions", List.of()).statusCode(422);
        add(Api.as(Tenants.adminOf(organization).key()), "team_ids", List.of(team), "permissions", list)
                .statusCode(403);
        add(Api.asNobody(), "team_ids", List.of(team), "permissions", list).statusCode(401);
        assertThat(permissions(team)).isEmpty();
    }
}
