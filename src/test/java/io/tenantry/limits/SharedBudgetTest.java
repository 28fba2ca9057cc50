package io.tenantry.limits;

import static io.tenantry.testing.Admissions.request;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A change of a shared budget is true at the next admission of everything that it limits. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SharedBudgetTest {

    private static boolean admitted(String key) {
        return Api.asMaster().create("/v1/admissions", request(key)).getBoolean("admitted");
    }

    private static void change(String budget, Object... fields) {
        var body = body(fields);
        body.put("budget_id", budget);
        Api.asMaster().create("/budget/update", body);
    }

    private static void nextAdmissionSeesChanges(String budget, String key) {
        assertThat(admitted(key)).isTrue();
        change(budget, "rpm_limit", 0);
        assertThat(admitted(key)).isFalse();
        change(budget, "rpm_limit", null);
        assertThat(admitted(key)).isTrue();
        change(budget, "max_budget", 0);
        assertThat(admitted(key)).isFalse();
    }

    @Test
    void forAKey() {
        var budget = BudgetsTest.budget("rpm_limit", 100);

        nextAdmissionSeesChanges(budget, Given.key("budget_id", budget));
    }

    @Test
    void forAnOrganization() {
        var budget = BudgetsTest.budget("rpm_limit", 100);
        var organization = Given.organization("budget_id", budget);

        nextAdmissionSeesChanges(budget, Given.key("organization_id", organization));
    }

    @Test
    void forMembershipsAndForTheDefaultOfATeam() {
        var byMembership = BudgetsTest.budget("rpm_limit", 100);
        var byDefault = BudgetsTest.budget("rpm_limit", 100);
        var inOrganization = BudgetsTest.budget("rpm_limit", 100);
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var keyByMembership = memberKey(organization, team);
        var keyByDefault = memberKey(organization, team);
        StoreAccess.execute("update team set member_budget_id = ? where team_id = ?", byDefault, team);
        StoreAccess.execute(
                "update team_membership set budget_id = ? where team_id = ? and user_id = (select user_id from api_key where key_alias = ?)",
                byMembership,
                team,
                alias(keyByMembership));
        nextAdmissionSeesChanges(byMembership, keyByMembership);
        nextAdmissionSeesChanges(byDefault, keyByDefault);

        var keyInOrganization = memberKey(organization, null);
        StoreAccess.execute(
                "update organization_membership set budget_id = ? where organization_id = ? and user_id = (select user_id from api_key where key_alias = ?)",
                inOrganization,
                organization,
                alias(keyInOrganization));
        nextAdmissionSeesChanges(inOrganization, keyInOrganization);
    }

    private static String alias(String key) {
        return Api.asMaster().get("/key/info", Map.of("key", key)).jsonPath().getString("info.key_alias");
    }

    private static String memberKey(String organization, String team) {
        var user = Given.user();
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "member",
                                Map.of("user_id", user, "role", "internal_user")));
        if (team == null) {
            return Given.key("user_id", user, "organization_id", organization, "key_alias", Given.unique("k"));
        }
        Api.asMaster()
                .create("/team/member_add", body("team_id", team, "member", Map.of("user_id", user, "role", "user")));
        return Given.key("user_id", user, "team_id", team, "key_alias", Given.unique("k"));
    }

    @Test
    void twoUpdatesOfDifferentFieldsBothSurvive() {
        var budget = BudgetsTest.budget();
        var calls = Calls.to(RestAssured.port);
        for (int round = 1; round <= 10; round++) {
            var value = round;
            var answers = calls.postAll(
                    "/budget/update",
                    Stream.of("tpm_limit", "rpm_limit", "max_parallel_requests", "max_budget")
                            .map(field -> "{\"budget_id\": \"%s\", \"%s\": %d}".formatted(budget, field, value)));

            assertThat(answers).allMatch(answer -> answer.status() == 200);
            var row = Api.asMaster()
                    .create("/budget/info", body("budgets", new String[] {budget}))
                    .getMap("[0]");
            assertThat(row)
                    .containsEntry("tpm_limit", value)
                    .containsEntry("rpm_limit", value)
                    .containsEntry("max_parallel_requests", value)
                    .containsEntry("max_budget", value);
        }
    }

    /** The link and the change do not see each other's rows; whichever comes last, the admission after both has the new limit. */
    @RepeatedTest(10)
    void aKeyThatIsLinkedWhileTheBudgetChangesHasTheNewLimit() {
        var budget = BudgetsTest.budget("rpm_limit", 100);
        var calls = Calls.to(RestAssured.port);
        var secret = "sk-" + Given.unique("race");
        var made =
                calls.postAsync("/key/generate", "{\"key\": \"%s\", \"budget_id\": \"%s\"}".formatted(secret, budget));
        var changed = calls.postAsync("/budget/update", "{\"budget_id\": \"%s\", \"rpm_limit\": 0}".formatted(budget));

        assertThat(made.join().status()).isEqualTo(200);
        admitted(secret);
        assertThat(changed.join().status()).isEqualTo(200);

        assertThat(admitted(secret)).isFalse();
    }
}
