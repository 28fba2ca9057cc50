package io.tenantry.limits;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.Statements;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Changing a shared budget gives nothing that a change of what it limits could not give. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SharedBudgetParentsTest {

    private static void change(String budget, Object... fields) {
        var body = body(fields);
        body.put("budget_id", budget);
        Api.asMaster().create("/budget/update", body);
    }

    private static void refused(String field, String named, String budget, Object... fields) {
        var before = row(budget);
        var body = body(fields);
        body.put("budget_id", budget);

        Api.asMaster()
                .post("/budget/update", body)
                .then()
                .statusCode(400)
                .body("error.param", equalTo(field))
                .body("error.message", containsString(named));
        assertThat(row(budget)).isEqualTo(before);
    }

    private static String row(String budget) {
        return StoreAccess.queryOne("select cast(to_jsonb(b) as text) from budget b where budget_id = ?", budget);
    }

    @ParameterizedTest
    @ValueSource(strings = {"max_budget", "tpm_limit", "rpm_limit", "max_parallel_requests"})
    void a_budget_is_not_raised_above_the_team_of_its_key(String field) {
        var budget = BudgetsTest.budget(field, 10);
        Given.key("team_id", Given.team(field, 80), "budget_id", budget);
        var tight = Given.team(field, 30);
        var alias = Given.unique("key");
        Given.key("team_id", tight, "budget_id", budget, "key_alias", alias);

        change(budget, field, 30);
        refused(field, alias, budget, field, 31);
        refused(field, tight, budget, field, 80);
        change(budget, field, null);
        refused(field, tight, budget, field, 31);
    }

    @ParameterizedTest
    @ValueSource(strings = {"max_budget", "tpm_limit", "rpm_limit", "max_parallel_requests"})
    void a_budget_is_not_raised_above_the_organization_of_its_key(String field) {
        var organization = Given.organization(field, 30);
        var alone = BudgetsTest.budget(field, 10);
        Given.key("organization_id", organization, "budget_id", alone);
        var inTeam = BudgetsTest.budget(field, 10);
        Given.key("team_id", Given.team("organization_id", organization), "budget_id", inTeam);

        refused(field, organization, alone, field, 31);
        refused(field, organization, inTeam, field, 31);
    }

    @Test
    void what_a_key_has_of_its_own_is_not_asked_of_its_budget() {
        var budget = BudgetsTest.budget("max_budget", 10);
        Given.key("team_id", Given.team("max_budget", 30), "budget_id", budget, "max_budget", 20);

        change(budget, "max_budget", 500);
    }

    @Test
    void a_temporary_increase_counts() {
        var budget = BudgetsTest.budget("max_budget", 10);
        var team = Given.team("max_budget", 30);
        var key = Given.key("team_id", team, "budget_id", budget);
        var increase = body("key", key, "temp_budget_increase", 15, "temp_budget_expiry", "2099-01-01T00:00:00Z");
        Api.asMaster().create("/key/update", increase);

        change(budget, "max_budget", 15);
        refused("max_budget", team, budget, "max_budget", 16);
    }

    @Test
    void an_organization_and_its_key_may_be_raised_together() {
        var budget = BudgetsTest.budget("max_budget", 10);
        var organization = Given.organization("budget_id", budget);
        Given.key("organization_id", organization, "budget_id", budget);

        change(budget, "max_budget", 500);
    }

    @Test
    void a_field_that_stays_is_not_compared() {
        var budget = BudgetsTest.budget("max_budget", 40, "rpm_limit", 5);
        var team = Given.team("max_budget", 40);
        Given.key("team_id", team, "budget_id", budget);
        StoreAccess.execute("update team set max_budget_nano = 1 where team_id = ?", team);

        change(budget, "rpm_limit", 6, "max_budget", 40);
    }

    @Test
    void keys_stay_within_what_their_strict_team_hands_out_together() {
        var organization = Given.organization("max_budget", 100, "budget_duration", "30d", "strict_allocation", true);
        var team = Given.team("organization_id", organization, "max_budget", 30, "budget_duration", "30d");
        var budget = BudgetsTest.budget("max_budget", 0);
        Given.key("team_id", team, "budget_id", budget);
        Given.key("team_id", team, "budget_id", budget);

        refused("max_budget", team, budget, "max_budget", 50);
        change(budget, "max_budget", 15, "budget_duration", "monthly");
        refused("max_budget", team, budget, "max_budget", 15.5);
        refused("max_budget", team, budget, "max_budget", null);
        refused("budget_duration", team, budget, "budget_duration", "1d");
    }

    @Test
    void a_strict_organization_keeps_what_it_has_handed_out() {
        var budget = BudgetsTest.budget("max_budget", 100);
        var organization = Given.organization("budget_id", budget, "strict_allocation", true);
        Given.team("organization_id", organization, "max_budget", 60);
        Given.team("organization_id", organization, "max_budget", 30);

        refused("max_budget", organization, budget, "max_budget", 80);
        change(budget, "max_budget", 90);
    }

    @Test
    void keys_without_a_team_stay_within_what_their_strict_organization_hands_out() {
        var organization = Given.organization("max_budget", 100, "strict_allocation", true);
        Given.team("organization_id", organization, "max_budget", 60);
        var budget = BudgetsTest.budget("max_budget", 20);
        Given.key("organization_id", organization, "budget_id", budget);
        Given.key("organization_id", organization, "budget_id", budget);

        refused("max_budget", organization, budget, "max_budget", 21);
    }

    @Test
    void an_organization_is_still_held_above_its_teams() {
        var budget = BudgetsTest.budget("max_budget", 100);
        Given.organization("budget_id", budget);
        var team = Given.team("organization_id", Given.organization("budget_id", budget), "max_budget", 60);

        refused("max_budget", team, budget, "max_budget", 59);
    }

    @ParameterizedTest
    @ValueSource(strings = {"max_budget", "tpm_limit", "rpm_limit", "max_parallel_requests"})
    void an_organization_is_held_above_its_keys_and_a_team_above_its_own(String field) {
        var budget = BudgetsTest.budget(field, 100);
        var organization = Given.organization("budget_id", budget);
        var team = Given.team("organization_id", organization, field, 90);
        var alias = Given.unique("key");
        Given.key("team_id", team, field, 50, "key_alias", alias);

        Api.asMaster()
                .post("/team/update", body("team_id", team, field, 49))
                .then()
                .statusCode(400)
                .body("error.param", equalTo(field))
                .body("error.message", containsString(alias));
        Api.asMaster().create("/team/update", body("team_id", team, field, null));
        refused(field, alias, budget, field, 49);
        change(budget, field, 50);
    }

    /** Listed among the differences: the parent's own cap is what holds then. */
    @Test
    void a_member_may_be_given_more_than_the_parent_has() {
        var user = Given.user();
        var member = body("user_id", user, "role", "internal_user");
        var organization = Given.organization("max_budget", 50);
        Api.asMaster().create("/organization/member_add", body("organization_id", organization, "member", member));
        var inOrganization = body("organization_id", organization, "user_id", user, "max_budget_in_organization", 5000);
        Api.asMaster()
                .patch("/organization/member_update", inOrganization)
                .then()
                .statusCode(200);
        var team = Given.team("organization_id", organization, "max_budget", 50);
        var inTeam = body("team_id", team, "member", body("user_id", user, "role", "user"), "max_budget_in_team", 5000);
        Api.asMaster().create("/team/member_add", inTeam);
    }

    @Test
    void many_that_share_a_budget_cost_as_many_statements_as_two() {
        assertThat(statements(shared(30))).isEqualTo(statements(shared(2)));
    }

    private static String shared(int links) {
        var budget = BudgetsTest.budget("max_budget", 10);
        for (int n = 0; n < links; n++) {
            var strict = Given.organization("max_budget", 1000, "strict_allocation", true);
            var team = Given.team("organization_id", strict, "max_budget", 500);
            Given.key("team_id", team, "budget_id", budget);
            Given.key("organization_id", strict, "budget_id", budget);
            Given.organization("budget_id", budget);
        }
        return budget;
    }

    private static long statements(String budget) {
        var amount = new int[] {20};
        return Statements.of(() -> change(budget, "max_budget", amount[0]++));
    }
}
