package io.tenantry.limits;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.ValidatableResponse;
import io.tenantry.core.Ids;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.Roles;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class CustomersTest {

    private static String customer(Object... fields) {
        var body = body(fields);
        body.putIfAbsent("user_id", Given.unique("customer"));
        return Api.asMaster().create("/customer/new", body).getString("user_id");
    }

    private static ValidatableResponse update(String customer, Object... fields) {
        var body = body(fields);
        body.put("user_id", customer);
        return Api.asMaster().post("/customer/update", body).then();
    }

    private static JsonPath info(String customer) {
        return Api.asMaster()
                .get("/customer/info", Map.of("end_user_id", customer))
                .jsonPath();
    }

    private static String privateBudgets(String customer) {
        return StoreAccess.queryOne(
                "select count(*) from budget where owner_kind = 'end_user' and owner_id = ?", customer);
    }

    /** Redis' version of the customer, and that of the row. */
    private static void versionIsAnnounced(String customer) {
        var name = Ids.inNames(customer);
        try (var redis = StoreAccess.redis()) {
            assertThat(redis.call("GET", "t1:{end_user:" + name + "}:version:end_user:" + name))
                    .isEqualTo(StoreAccess.queryOne("select version from end_user where end_user_id = ?", customer));
        }
    }

    @Test
    void aCustomerIsAnsweredWithEveryKeyThatClientsKnow() {
        var id = Given.unique("customer");

        var made = Api.asMaster()
                .create(
                        "/customer/new",
                        body(
                                "user_id",
                                id,
                                "alias",
                                "Ada",
                                "max_budget",
                                2,
                                "budget_duration",
                                "1mo",
                                "allowed_model_region",
                                "eu"));

        assertThat(made.getMap("$").keySet())
                .contains(
                        "user_id",
                        "alias",
                        "blocked",
                        "spend",
                        "allowed_model_region",
                        "default_model",
                        "budget_id",
                        "litellm_budget_table",
                        "object_permission_id",
                        "object_permission");
        assertThat(made.getString("user_id")).isEqualTo(id);
        assertThat(made.getBoolean("blocked")).isFalse();
        assertThat(made.getInt("spend")).isZero();
        assertThat(made.getInt("litellm_budget_table.max_budget")).isEqualTo(2);
        assertThat(made.getString("litellm_budget_table.budget_id")).isEqualTo(made.getString("budget_id"));
        assertThat(info(id).getMap("$")).isEqualTo(made.getMap("$"));
        assertThat(Api.asMaster().get("/customer/list").jsonPath().getList("user_id"))
                .contains(id);
        versionIsAnnounced(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"customer", "end_user"})
    void bothPathsAnswer(String path) {
        var id = Given.unique("customer");
        var master = Api.asMaster();

        master.post("/" + path + "/new", body("user_id", id)).then().statusCode(200);
        master.get("/" + path + "/info", Map.of("end_user_id", id)).then().statusCode(200);
        master.get("/" + path + "/list").then().statusCode(200);
        master.post("/" + path + "/update", body("user_id", id, "alias", "a"))
                .then()
                .statusCode(200)
                .body("alias", equalTo("a"));
        master.post("/" + path + "/block", body("user_ids", List.of(id)))
                .then()
                .statusCode(200)
                .body("blocked_users[0].user_id", equalTo(id));
        master.post("/" + path + "/unblock", body("user_ids", List.of(id)))
                .then()
                .statusCode(200)
                .body("blocked_users", empty());
        master.post("/" + path + "/delete", body("user_ids", List.of(id)))
                .then()
                .statusCode(200)
                .body("deleted_customers", equalTo(1));
    }

    @Test
    void aCustomerMayHaveAnyTextAsItsId() {
        for (var id : List.of("org 7: Zoë", "{a}:b", "~x", "1")) {
            var unique = id + Given.unique(" ");
            customer("user_id", unique);

            assertThat(info(unique).getString("user_id")).isEqualTo(unique);
            versionIsAnnounced(unique);
            assertThat(StoreAccess.queryOne("select id_in_names(?)", unique)).isEqualTo(Ids.inNames(unique));
        }
    }

    @Test
    void badInputIsRefusedByName() {
        var taken = customer();

        refused(422, "user_id", body("alias", "x"));
        refused(422, "user_id", body("user_id", "x".repeat(256)));
        refused(409, "user_id", body("user_id", taken));
        refused(422, "allowed_model_region", body("user_id", "c", "allowed_model_region", "mars"));
        refused(400, "max_budget", body("user_id", "c", "max_budget", -1));
        refused(400, "budget_duration", body("user_id", "c", "budget_duration", "1y"));
        refused(404, "budget_id", body("user_id", "c", "budget_id", Given.unique("none")));
        refused(422, "budget_id", body("user_id", "c", "budget_id", BudgetsTest.budget(), "max_budget", 1));
        refused(400, "spend", body("user_id", "c", "spend", 3));
        refused(
                400,
                "object_permission.models",
                body("user_id", "c", "object_permission", Map.of("models", List.of("m"))));
        refused(400, "tpd_limit", body("user_id", "c", "tpd_limit", -1));
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster().post("/customer/new", body).then().statusCode(status).body("error.param", equalTo(field));
    }

    @Test
    void an_update_takes_what_was_read_and_refuses_what_cannot_be_set() {
        var customer = customer("max_budget", 1, "budget_duration", "1d");
        var reset = info(customer).getString("budget_reset_at");

        update(customer, "budget_reset_at", reset).statusCode(200).body("budget_reset_at", equalTo(reset));
        update(customer, "budget_reset_at", "2030-01-01T00:00:00Z")
                .statusCode(400)
                .body("error.param", equalTo("budget_reset_at"));
        update(customer, "spend", 0).statusCode(400).body("error.param", equalTo("spend"));
    }

    @Test
    void whatIsNotThereIsNotFound() {
        var nobody = Given.unique("nobody");
        var somebody = customer();

        Api.asMaster()
                .get("/customer/info", Map.of("end_user_id", nobody))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("end_user_id"));
        Api.asMaster().get("/customer/info").then().statusCode(422);
        update(nobody, "alias", "x").statusCode(404).body("error.param", equalTo("user_id"));
        for (var route : List.of("/customer/delete", "/customer/unblock")) {
            Api.asMaster()
                    .post(route, body("user_ids", List.of(somebody, nobody)))
                    .then()
                    .statusCode(404)
                    .body("error.param", equalTo("user_ids"))
                    .body("error.message", containsString(nobody));
        }
        assertThat(info(somebody).getString("user_id")).isEqualTo(somebody);
        Api.asMaster().post("/customer/delete", body()).then().statusCode(422);
    }

    @Test
    void ownLimitsAreMadeChangedAndDeletedWithTheCustomer() {
        var customer = customer();

        update(customer, "max_budget", 3, "budget_duration", "1d")
                .statusCode(200)
                .body("litellm_budget_table.max_budget", equalTo(3));
        var budget = info(customer).getString("budget_id");
        update(customer, "rpm_limit", 0)
                .body("litellm_budget_table.max_budget", equalTo(3))
                .body("litellm_budget_table.rpm_limit", equalTo(0))
                .body("budget_id", equalTo(budget));
        versionIsAnnounced(customer);
        assertThat(privateBudgets(customer)).isEqualTo("1");

        Api.asMaster().create("/customer/delete", body("user_ids", List.of(customer)));

        assertThat(privateBudgets(customer)).isEqualTo("0");
        assertThat(StoreAccess.queryOne("select end_user_id from end_user where end_user_id = ?", customer))
                .isNull();
    }

    @Test
    void aSharedBudgetIsLinkedAndUnlinkedAndNeverChangedThroughOneOfItsUsers() {
        var shared = BudgetsTest.budget("max_budget", 9);
        var customer = customer("max_budget", 1);

        update(customer, "budget_id", shared)
                .statusCode(200)
                .body("budget_id", equalTo(shared))
                .body("litellm_budget_table.max_budget", equalTo(9));
        assertThat(privateBudgets(customer)).isEqualTo("0");
        update(customer, "budget_id", shared, "alias", "again").statusCode(200).body("alias", equalTo("again"));
        update(customer, "max_budget", 5).statusCode(400).body("error.param", equalTo("budget_id"));
        update(customer, "budget_id", BudgetsTest.budget(), "max_budget", 5)
                .statusCode(422)
                .body("error.param", equalTo("budget_id"));
        update(customer, "budget_id", null, "max_budget", 5)
                .statusCode(200)
                .body("litellm_budget_table.max_budget", equalTo(5));
        update(customer, "budget_id", null).statusCode(200).body("budget_id", nullValue());
        assertThat(privateBudgets(customer)).isEqualTo("0");
        Api.asMaster().post("/budget/delete", body("id", shared)).then().statusCode(200);
    }

    @Test
    void aPrivateBudgetOfSomebodyElseIsNotThere() {
        customer("max_budget", 1);
        var other = customer("max_budget", 1);

        refused(404, "budget_id", body("user_id", "c", "budget_id", info(other).getString("budget_id")));
    }

    @Test
    void aChangeOfASharedBudgetIsAnnouncedForItsCustomers() {
        var shared = BudgetsTest.budget("max_budget", 9);
        var customer = customer("budget_id", shared);
        var before = StoreAccess.queryOne("select version from end_user where end_user_id = ?", customer);

        Api.asMaster().create("/budget/update", body("budget_id", shared, "max_budget", 8));

        versionIsAnnounced(customer);
        assertThat(StoreAccess.queryOne("select version from end_user where end_user_id = ?", customer))
                .isNotEqualTo(before);
    }

    @Test
    void anUnknownCustomerCanBeBlockedAndUnblocked() {
        var unknown = Given.unique("unknown");
        var known = customer("alias", "k");

        Api.asMaster().create("/customer/block", body("user_ids", List.of(unknown, known, unknown)));

        assertThat(info(unknown).getBoolean("blocked")).isTrue();
        assertThat(info(known).getBoolean("blocked")).isTrue();
        assertThat(info(known).getString("alias")).isEqualTo("k");
        versionIsAnnounced(unknown);
        versionIsAnnounced(known);
        Api.asMaster().create("/customer/unblock", body("user_ids", List.of(unknown)));
        assertThat(info(unknown).getBoolean("blocked")).isFalse();
        update(known, "blocked", false).statusCode(200).body("blocked", equalTo(false));
        assertThat(StoreAccess.queryOne(
                        "select string_agg(action, ' ' order by at) from audit_log where object_kind = 'end_user' and object_id = ?",
                        unknown))
                .isEqualTo("blocked unblocked");
    }

    @Test
    void twoUpdatesOfDifferentFieldsBothSurvive() {
        var customer = customer();
        var calls = Calls.to(RestAssured.port);
        var fields = List.of("alias", "default_model", "rpm_limit", "tpm_limit", "max_budget");

        var answers = calls.postAll("/customer/update", fields.stream().map(field -> "{\"user_id\": \"%s\", \"%s\": %s}"
                .formatted(
                        customer,
                        field,
                        field.endsWith("l") && field.startsWith("d") || field.equals("alias") ? "\"7\"" : "7")));

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        var now = info(customer);
        assertThat(now.getString("alias")).isEqualTo("7");
        assertThat(now.getString("default_model")).isEqualTo("7");
        assertThat(Stream.of("rpm_limit", "tpm_limit", "max_budget")
                        .map(field -> now.getInt("litellm_budget_table." + field)))
                .containsOnly(7);
        assertThat(privateBudgets(customer)).isEqualTo("1");
    }

    @Test
    void blockingTheSameCustomersAtOnceEndsWithAllBlocked() {
        var ids = Stream.generate(() -> Given.unique("c")).limit(20).toList();
        var forth = "{\"user_ids\": [\"" + String.join("\",\"", ids) + "\"]}";
        var back = "{\"user_ids\": [\""
                + String.join(
                        "\",\"", ids.stream().sorted((a, b) -> b.compareTo(a)).toList()) + "\"]}";

        var answers = Calls.to(RestAssured.port).postAll("/customer/block", Stream.of(forth, back, forth, back));

        assertThat(answers).allMatch(answer -> answer.status() == 200);
        assertThat(StoreAccess.queryOne("select count(*) from end_user where blocked and end_user_id = any(?)", (Object)
                        ids.toArray(String[]::new)))
                .isEqualTo("20");
    }

    @Test
    void onlyProxyAdminsChangeCustomersAndViewersLook() {
        var customer = customer();
        var named = body("user_ids", List.of(customer));

        Roles.onlyProxyAdmins(api -> api.post("/customer/new", body("user_id", "c")), false);
        Roles.onlyProxyAdmins(api -> api.post("/customer/update", body("user_id", customer)), false);
        Roles.onlyProxyAdmins(api -> api.post("/customer/delete", named), false);
        Roles.onlyProxyAdmins(api -> api.post("/customer/block", named), false);
        Roles.onlyProxyAdmins(api -> api.post("/customer/unblock", named), false);
        Roles.onlyProxyAdmins(api -> api.get("/customer/info", Map.of("end_user_id", customer)), true);
        Roles.onlyProxyAdmins(api -> api.get("/end_user/list"), true);
    }
}
