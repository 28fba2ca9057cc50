package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class UpdateOrganizationTest {

    private static ValidatableResponse update(Api caller, String organization, Object... fields) {
        var request = body(fields);
        request.put("organization_id", organization);
        return caller.patch("/organization/update", request).then();
    }

    private static ValidatableResponse update(String organization, Object... fields) {
        return update(Api.asMaster(), organization, fields);
    }

    private static ValidatableResponse patch(String organization, Object... fields) {
        return Api.asMaster()
                .patch("/v2/organization/" + organization, body(fields))
                .then();
    }

    private static Object read(String organization, String path) {
        return Api.asMaster()
                .get("/organization/info", Map.of("organization_id", organization))
                .jsonPath()
                .get(path);
    }

    @Test
    void theAnswerHasMembersTeamsAndBudget() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var member = Tenants.memberOf(organization, "internal_user").userId();

        update(organization, "max_budget", 5)
                .statusCode(200)
                .body("organization_id", equalTo(organization))
                .body("members.user_id", equalTo(List.of(member)))
                .body("teams.team_id", equalTo(List.of(team)))
                .body("litellm_budget_table.max_budget", equalTo(5))
                .body("updated_at", not(equalTo(null)));
    }

    @Test
    void limitsMayComeInTheShapeInWhichFormsReadThem() {
        var organization = Given.organization("max_budget", 5, "rpm_limit", 9);
        var form = new HashMap<String, Object>();
        form.put("max_budget", 6);
        form.put("rpm_limit", null);
        form.put("budget_id", read(organization, "budget_id"));

        update(organization, "litellm_budget_table", form)
                .statusCode(200)
                .body("litellm_budget_table.max_budget", equalTo(6))
                .body("litellm_budget_table.rpm_limit", nullValue());
    }

    @Test
    void aLoweredLimitIsTrueForTheNextRequest() {
        var organization = Given.organization();
        var key = Given.key("team_id", Given.team("organization_id", organization));
        assertThat(admitted(key)).isTrue();

        update(organization, "rpm_limit", 0).statusCode(200);
        assertThat(admitted(key)).isFalse();
        update(organization, "rpm_limit", null, "blocked", true).statusCode(200);
        assertThat(admitted(key)).isFalse();
        update(organization, "blocked", false).statusCode(200);
        assertThat(admitted(key)).isTrue();
    }

    private static boolean admitted(String key) {
        return Api.asMaster()
                .post("/v1/admissions", Admissions.request(key))
                .jsonPath()
                .getBoolean("admitted");
    }

    @Test
    void aSharedBudgetIsLinkedAndGivenBackButNotChangedFromHere() {
        var organization = Given.organization("max_budget", 5);
        var own = (String) read(organization, "budget_id");
        var shared = Given.unique("budget");
        StoreAccess.execute(
                "insert into budget (budget_id, max_budget_nano, created_by, updated_by) values (?, 7000000000, 't', 't')",
                shared);

        update(organization, "budget_id", own).statusCode(200).body("budget_id", equalTo(own));
        update(organization, "budget_id", shared)
                .statusCode(200)
                .body("budget_id", equalTo(shared))
                .body("litellm_budget_table.max_budget", equalTo(7));
        assertThat(StoreAccess.queryOne("select 1 from budget where budget_id = ?", own))
                .isNull();
        update(organization, "max_budget", 8).statusCode(400).body("error.param", equalTo("budget_id"));
        update(organization, "budget_id", null, "max_budget", 9)
                .statusCode(200)
                .body("budget_id", not(equalTo(shared)))
                .body("litellm_budget_table.max_budget", equalTo(9));
        update(organization, "budget_id", Given.unique("none")).statusCode(404);
        assertThat(StoreAccess.queryOne("select max_budget_nano from budget where budget_id = ?", shared))
                .isEqualTo("7000000000");
    }

    @Test
    void anOrganizationIsNotLoweredBelowItsTeamsAndKeys() {
        var organization = Given.organization("max_budget", 10);
        var team = Given.team("organization_id", organization, "max_budget", 8, "models", List.of("a"));
        Given.key("organization_id", organization, "rpm_limit", 8, "key_alias", "hasty");

        update(organization, "max_budget", 7)
                .statusCode(400)
                .body("error.param", equalTo("max_budget"))
                .body("error.message", containsString(team));
        update(organization, "models", List.of("b"))
                .statusCode(400)
                .body("error.param", equalTo("models"))
                .body("error.message", containsString(team));
        update(organization, "rpm_limit", 7)
                .statusCode(400)
                .body("error.param", equalTo("rpm_limit"))
                .body("error.message", containsString("hasty"));
        update(organization, "max_budget", 8, "models", List.of("a", "b"), "rpm_limit", 8)
                .statusCode(200);
    }

    @Test
    void metadataIsMergedByOneRouteAndReplacedByTheOther() {
        var organization = Given.organization("metadata", Map.of("a", 1), "tags", List.of("t"));

        update(organization, "metadata", Map.of("b", 2))
                .statusCode(200)
                .body("metadata.a", equalTo(1))
                .body("metadata.b", equalTo(2));
        patch(organization, "metadata", Map.of("c", 3))
                .statusCode(200)
                .body("metadata.a", nullValue())
                .body("metadata.c", equalTo(3))
                .body("metadata.tags", equalTo(List.of("t")));
    }

    @Test
    void twoUpdatesOfDifferentFieldsBothSurvive() {
        var organization = Given.organization();
        var fields = List.of("tpm_limit", "rpm_limit", "max_budget", "max_parallel_requests");
        for (int round = 1; round <= 5; round++) {
            var value = round;
            fields.stream()
                    .map(field -> CompletableFuture.runAsync(
                            () -> update(organization, field, value).statusCode(200)))
                    .toList()
                    .forEach(CompletableFuture::join);
            for (var field : fields) {
                assertThat(read(organization, "litellm_budget_table." + field))
                        .as(field)
                        .isEqualTo(value);
            }
        }
    }

    @Test
    void itsOwnAdminsChangeWhatConcernsNobodyElse() {
        var organization = Given.organization();
        var admin = Api.as(Tenants.adminOf(organization).key());

        update(
                        admin,
                        organization,
                        "organization_alias",
                        "ours",
                        "metadata",
                        Map.of("k", "v"),
                        "members_may_create_teams",
                        true)
                .statusCode(200)
                .body("organization_alias", equalTo("ours"));
        for (var field : Map.<String, Object>of(
                        "max_budget", 1, "models", List.of("m"), "blocked", false, "tags", List.of("t"))
                .entrySet()) {
            update(admin, organization, field.getKey(), field.getValue())
                    .statusCode(403)
                    .body("error.param", equalTo(field.getKey()))
                    .body("error.message", containsString("proxy admin"));
        }
        update(admin, organization, "metadata", Map.of("model_rpm_limit", Map.of("m", 1)))
                .statusCode(403);
    }

    @Test
    void othersMayNotAndForeignOnesAreNotThere() {
        var organization = Given.organization();

        update(Api.asNobody(), organization, "organization_alias", "x").statusCode(401);
        update(Api.as(Tenants.memberOf(organization, "internal_user").key()), organization, "organization_alias", "x")
                .statusCode(403);
        update(Api.as(Tenants.adminOf(Given.organization()).key()), organization, "organization_alias", "x")
                .statusCode(404)
                .body("error.message", containsString("not found"));
        update(Given.unique("o"), "organization_alias", "x").statusCode(404);
        patch(Given.unique("o"), "organization_alias", "x").statusCode(404);
    }

    @Test
    void badInputIsRefusedByName() {
        var organization = Given.organization();

        Api.asMaster()
                .patch("/organization/update", body("organization_alias", "x"))
                .then()
                .statusCode(422)
                .body("error.param", equalTo("organization_id"));
        update(organization, "organization_alias", null)
                .statusCode(422)
                .body("error.param", equalTo("organization_alias"));
        update(organization, "max_budget", -1).statusCode(400).body("error.param", equalTo("max_budget"));
        update(organization, "budget_duration", "soon").statusCode(400);
        update(organization, "tpd_limit", -5).statusCode(400).body("error.param", equalTo("tpd_limit"));
        patch(organization, "colour", "red").statusCode(422).body("error.param", equalTo("colour"));
        patch(organization, "organization_id", "other").statusCode(400);
        update(organization, "colour", "red").statusCode(200);
    }

    @Test
    void anUpdateIsRecordedWithBeforeAndAfter() {
        var organization = Given.organization("max_budget", 5);
        update(organization, "max_budget", 6).statusCode(200);

        assertThat(StoreAccess.queryOne(
                        "select (before_value -> 'litellm_budget_table' ->> 'max_budget') || ' ' || (after_value -> 'litellm_budget_table' ->> 'max_budget')"
                                + " from audit_log where object_kind = 'organization' and object_id = ? and action = 'updated'",
                        organization))
                .isEqualTo("5 6");
        assertThat(read(organization, "updated_at")).isNotNull();
        update(organization).statusCode(200).body("organization_id", notNullValue());
    }
}
