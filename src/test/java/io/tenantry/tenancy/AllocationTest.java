package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How much of a parent's budget is promised to its children, free, and used. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AllocationTest {

    private static ValidatableResponse organization(String id) {
        return Api.asMaster()
                .get("/organization/info", Map.of("organization_id", id))
                .then()
                .statusCode(200);
    }

    private static ValidatableResponse team(String id) {
        return Api.asMaster().get("/team/info", Map.of("team_id", id)).then().statusCode(200);
    }

    private static void spend(String key, double cost) {
        var admission = Api.asMaster().create("/v1/admissions", Admissions.request(key, "estimated_cost_usd", cost));
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        body("input_tokens", 1, "output_tokens", 1, "cost_usd", cost));
    }

    @Test
    void an_organization_promises_to_its_teams_and_to_its_keys_without_a_team() {
        var organization = Given.organization("max_budget", 100, "budget_duration", "30d");
        var team = Given.team("organization_id", organization, "max_budget", 40, "budget_duration", "30d");
        Given.team("organization_id", organization, "max_budget", 25);
        var key = Given.key("organization_id", organization, "max_budget", 5.5);
        // what a team hands on was promised to the team already
        Given.key("team_id", team, "max_budget", 30);
        spend(key, 1.25);

        organization(organization)
                .body("allocation.max_budget", equalTo(100))
                .body("allocation.budget_duration", equalTo("30d"))
                .body("allocation.allocated", equalTo(70.5F))
                .body("allocation.free", equalTo(29.5F))
                .body("allocation.used", equalTo(1.25F))
                .body("allocation.children", equalTo(3))
                .body("allocation.unbounded_children", equalTo(0));
    }

    @Test
    void a_team_promises_to_its_keys_and_more_than_there_is_shows_as_less_than_nothing() {
        var team = Given.team("max_budget", 10);
        var shared = Given.unique("budget");
        Api.asMaster().create("/budget/new", body("budget_id", shared, "max_budget", 4));
        Given.key("team_id", team, "max_budget", 8);
        Given.key("team_id", team, "budget_id", shared);

        team(team)
                .body("team_info.allocation.allocated", equalTo(12))
                .body("team_info.allocation.free", equalTo(-2))
                .body("team_info.allocation.used", equalTo(0))
                .body("team_info.allocation.children", equalTo(2))
                .body("team_info.allocation.unbounded_children", equalTo(0));
    }

    @Test
    void a_cap_for_another_period_and_none_at_all_are_no_part_of_the_sum() {
        var organization = Given.organization("max_budget", 100, "budget_duration", "30d");
        Given.team("organization_id", organization, "max_budget", 10, "budget_duration", "1mo");
        Given.team("organization_id", organization, "max_budget", 10, "budget_duration", "1d");
        Given.team("organization_id", organization);

        organization(organization)
                .body("allocation.allocated", equalTo(10))
                .body("allocation.free", equalTo(90))
                .body("allocation.children", equalTo(3))
                .body("allocation.unbounded_children", equalTo(2));
    }

    @Test
    void without_a_cap_nothing_is_said_to_be_free() {
        var organization = Given.organization();
        Given.team("organization_id", organization, "max_budget", 10);

        organization(organization)
                .body("allocation.max_budget", nullValue())
                .body("allocation.budget_duration", nullValue())
                .body("allocation.allocated", equalTo(10))
                .body("allocation.free", nullValue());
        team(Given.team())
                .body("team_info.allocation.allocated", equalTo(0))
                .body("team_info.allocation.free", nullValue())
                .body("team_info.allocation.children", equalTo(0));
    }

    @Test
    void periods_that_mean_the_same_are_the_same_for_strict_allocation_too() {
        var organization = Given.organization("max_budget", 100, "budget_duration", "30d", "strict_allocation", true);
        Given.team("organization_id", organization, "max_budget", 60, "budget_duration", "monthly");

        Api.asMaster()
                .post("/team/new", body("organization_id", organization, "max_budget", 41, "budget_duration", "1mo"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("max_budget"));
        Api.asMaster()
                .post("/team/new", body("organization_id", organization, "max_budget", 1, "budget_duration", "1d"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("budget_duration"));
        organization(organization).body("allocation.free", equalTo(40));
    }
}
