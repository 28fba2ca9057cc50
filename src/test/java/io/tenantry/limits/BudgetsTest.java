package io.tenantry.limits;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.Roles;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BudgetsTest {

    static String budget(Object... fields) {
        return Api.asMaster().create("/budget/new", body(fields)).getString("budget_id");
    }

    @Test
    void aBudgetIsAnsweredWithEveryKeyThatClientsKnow() {
        var id = Given.unique("tier");

        var budget = Api.asMaster()
                .create(
                        "/budget/new",
                        body("budget_id", id, "max_budget", 12.5, "soft_budget", 10, "budget_duration", "1d"));

        assertThat(budget.getMap("$").keySet())
                .containsExactlyInAnyOrder(
                        "budget_id",
                        "max_budget",
                        "soft_budget",
                        "max_parallel_requests",
                        "tpm_limit",
                        "rpm_limit",
                        "tpd_limit",
                        "model_max_budget",
                        "budget_duration",
                        "budget_reset_at",
                        "allowed_models",
                        "temp_budget_increase",
                        "temp_budget_expiry",
                        "created_at",
                        "created_by",
                        "updated_at",
                        "updated_by");
        assertThat(budget.getString("budget_id")).isEqualTo(id);
        assertThat(budget.getFloat("max_budget")).isEqualTo(12.5f);
        assertThat(budget.getString("created_by")).isEqualTo("default_user_id");
        assertThat(Instant.parse(budget.getString("budget_reset_at"))).isAfter(Instant.now());
    }

    @Test
    void anIdIsMadeUpWhereNoneIsChosenAndAPeriodIsNotNeeded() {
        Api.asMaster()
                .post("/budget/new", body("tpm_limit", 0))
                .then()
                .statusCode(200)
                .body("budget_id", notNullValue())
                .body("tpm_limit", equalTo(0))
                .body("budget_reset_at", nullValue());
    }

    @Test
    void badInputIsRefusedByName() {
        var taken = budget();

        refused(409, "budget_id", body("budget_id", taken));
        refused(400, "budget_id", body("budget_id", "a b"));
        refused(400, "max_budget", body("max_budget", -1));
        refused(400, "max_budget", body("max_budget", 10_000_000));
        refused(422, "max_budget", body("max_budget", "NaN"));
        refused(400, "soft_budget", body("max_budget", 5, "soft_budget", 5));
        refused(400, "rpm_limit", body("rpm_limit", -1));
        refused(400, "budget_duration", body("budget_duration", "1y"));
        refused(400, "budget_reset_at", body("budget_duration", "1d", "budget_reset_at", "2099-01-01T00:00:00Z"));
        refused(
                400,
                "model_max_budget.o3.max_budget",
                body("model_max_budget", Map.of("o3", Map.of("max_budget", -1))));
        refused(400, "tpd_limit", body("tpd_limit", -5));
        refused(400, "allowed_models", body("allowed_models", List.of("o3")));
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster().post("/budget/new", body).then().statusCode(status).body("error.param", equalTo(field));
    }

    @Test
    void whatWasReadCanBeSentBack() {
        var row = Api.asMaster()
                .create("/budget/new", body("max_budget", 1, "budget_duration", "30d"))
                .getMap("$");

        Api.asMaster().post("/budget/update", row).then().statusCode(200).body("max_budget", equalTo(1));
    }

    @Test
    void anUpdateOfWhatIsNotThereIsNotFoundAndOneWithoutAnIdDoesNotValidate() {
        Api.asMaster()
                .post("/budget/update", body("budget_id", Given.unique("none"), "max_budget", 1))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("budget_id"));
        Api.asMaster().post("/budget/update", body("max_budget", 1)).then().statusCode(422);
        Api.asMaster()
                .post("/budget/update", body("budget_id", budget("max_budget", 5), "soft_budget", 7))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("soft_budget"));
    }

    @Test
    void infoLeavesUnknownOnesOutAndShowsPrivateOnes() {
        var shared = budget();
        var ofOrganization = Api.asMaster()
                .create("/organization/new", body("organization_alias", "x", "max_budget", 3))
                .getString("budget_id");

        var found = Api.asMaster()
                .create("/budget/info", body("budgets", List.of(shared, ofOrganization, Given.unique("none"))));

        assertThat(found.getList("budget_id")).containsExactlyInAnyOrder(shared, ofOrganization);
        Api.asMaster().post("/budget/info", body("budgets", List.of())).then().statusCode(422);
        Api.asMaster().post("/budget/info", body()).then().statusCode(422);
    }

    @Test
    void theListHasSharedBudgetsWithWhatTheyLimit() {
        var budget = budget("max_budget", 3);
        var organization = Given.organization("budget_id", budget, "organization_alias", "research");
        Given.key("budget_id", budget, "key_alias", Given.unique("alias"));
        var ofOrganization = StoreAccess.queryOne(
                "select budget_id from organization where organization_id = ?", Given.organization());

        var list = Api.asMaster().get("/budget/list").jsonPath();

        assertThat(list.getList("budget_id")).contains(budget).doesNotContain(ofOrganization);
        var entities = "find { it.budget_id == '" + budget + "' }.linked_entities";
        assertThat(list.getList(entities + ".entity_type")).containsExactlyInAnyOrder("organization", "key");
        assertThat(list.getString(entities + ".find { it.entity_type == 'organization' }.entity_id"))
                .isEqualTo(organization);
        assertThat(list.getString(entities + ".find { it.entity_type == 'organization' }.entity_name"))
                .isEqualTo("research");
    }

    @Test
    void settingsNameEachFieldWithItsValue() {
        var settings = Api.asMaster()
                .get("/budget/settings", Map.of("budget_id", budget("rpm_limit", 7)))
                .jsonPath();

        assertThat(settings.getList("field_name", String.class))
                .contains(
                        "max_budget",
                        "soft_budget",
                        "budget_duration",
                        "tpm_limit",
                        "rpm_limit",
                        "max_parallel_requests",
                        "tpd_limit",
                        "model_max_budget",
                        "budget_limits",
                        "budget_rollover");
        assertThat(settings.getInt("find { it.field_name == 'rpm_limit' }.field_value"))
                .isEqualTo(7);
        assertThat(settings.getString("find { it.field_name == 'rpm_limit' }.field_type"))
                .isEqualTo("Integer");
        assertThat(settings.getBoolean("find { it.field_name == 'tpm_limit' }.stored_in_db"))
                .isFalse();
        Api.asMaster().get("/budget/settings").then().statusCode(422);
        Api.asMaster()
                .get("/budget/settings", Map.of("budget_id", Given.unique("none")))
                .then()
                .statusCode(404);
    }

    @Test
    void aBudgetThatLimitsNothingIsDeleted() {
        var budget = budget("max_budget", 3);

        Api.asMaster()
                .post("/budget/delete", body("id", budget))
                .then()
                .statusCode(200)
                .body("budget_id", equalTo(budget))
                .body("max_budget", equalTo(3));

        Api.asMaster().post("/budget/delete", body("id", budget)).then().statusCode(404);
        Api.asMaster().post("/budget/delete", body()).then().statusCode(422);
        assertThat(StoreAccess.queryOne(
                        "select string_agg(action, ' ' order by at) from audit_log where object_kind = 'budget' and object_id = ?",
                        budget))
                .isEqualTo("created deleted");
    }

    @Test
    void aBudgetInUseStaysAndItsUsersAreNamed() {
        var budget = budget();
        var organization = Given.organization("budget_id", budget);
        var customer = Given.unique("customer");
        Api.asMaster().create("/customer/new", body("user_id", customer, "budget_id", budget));

        Api.asMaster()
                .post("/budget/delete", body("id", budget))
                .then()
                .statusCode(409)
                .body("error.param", equalTo("id"))
                .body("error.message", allOf(containsString(organization), containsString(customer)));
        assertThat(StoreAccess.queryOne("select budget_id from budget where budget_id = ?", budget))
                .isNotNull();
    }

    @Test
    void aPrivateBudgetIsDeletedWithItsOwnerOnly() {
        var organization = Given.organization("max_budget", 1);
        var budget = StoreAccess.queryOne("select budget_id from organization where organization_id = ?", organization);

        Api.asMaster()
                .post("/budget/delete", body("id", budget))
                .then()
                .statusCode(409)
                .body("error.message", containsString(organization));
        refused(409, "budget_id", body("budget_id", budget));
    }

    @Test
    void onlyProxyAdminsChangeBudgetsAndViewersLook() {
        var budget = budget();

        Roles.onlyProxyAdmins(api -> api.post("/budget/new", body("max_budget", 1)), false);
        Roles.onlyProxyAdmins(api -> api.post("/budget/update", body("budget_id", budget, "max_budget", 1)), false);
        Roles.onlyProxyAdmins(api -> api.post("/budget/delete", body("id", budget)), false);
        Roles.onlyProxyAdmins(api -> api.post("/budget/info", body("budgets", List.of(budget))), true);
        Roles.onlyProxyAdmins(api -> api.get("/budget/list"), true);
        Roles.onlyProxyAdmins(api -> api.get("/budget/settings", Map.of("budget_id", budget)), true);
    }
}
