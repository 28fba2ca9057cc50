package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Object permissions of every level decide, most restrictive first, and go to the proxy with the admission. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ObjectAccessTest {

    private static JsonPath admit(Map<String, Object> request) {
        return Api.asMaster().create("/v1/admissions", request);
    }

    private static String customer(Object... permission) {
        var id = Given.unique("customer");
        Api.asMaster().create("/customer/new", body("user_id", id, "object_permission", body(permission)));
        return id;
    }

    @Test
    void what_every_level_allows_is_returned_with_the_admission() {
        var organization =
                Given.organization("object_permission", body("vector_stores", List.of("v1", "v2", "v3", "v4")));
        var team = Given.team(
                "organization_id",
                organization,
                "object_permission",
                body("vector_stores", List.of("v1", "v2", "v3"), "blocked_tools", List.of("push")));
        var user = Given.user("object_permission", body("agents", List.of("a", "b")));
        Api.asMaster()
                .create("/team/member_add", body("team_id", team, "member", body("role", "user", "user_id", user)));
        var key = Given.key(
                "team_id", team, "user_id", user, "object_permission", body("vector_stores", List.of("v1", "v2")));
        var customer = customer("vector_stores", List.of("v2", "v3"), "agents", List.of("b"), "skills", List.of());

        var admitted = admit(request(key, "end_user", customer));

        assertThat(admitted.getBoolean("admitted")).isTrue();
        assertThat(admitted.getMap("object_permission"))
                .isEqualTo(Map.of(
                        "vector_stores", List.of("v2"),
                        "agents", List.of("b"),
                        "agent_access_groups", List.of(),
                        "blocked_tools", List.of("push"),
                        "skills", List.of()));
        assertThat(admit(request(Given.key())).getMap("$")).doesNotContainKey("object_permission");
    }

    @Test
    void what_a_request_names_is_refused_by_the_first_level_that_leaves_it_out() {
        var team = Given.team("object_permission", body("vector_stores", List.of("handbook")));
        var key = Given.key("team_id", team);
        var customer = customer("agents", List.of("planner"));

        var refused = admit(request(key, "objects", body("vector_stores", List.of("handbook", "salaries"))));
        var refusedAtCustomer = admit(request(key, "end_user", customer, "objects", body("agents", List.of("trader"))));
        var admitted = admit(request(
                key,
                "end_user",
                customer,
                "objects",
                body("vector_stores", List.of("handbook"), "agents", List.of("planner"))));

        assertThat(refused.getString("refusal.reason")).isEqualTo("object_not_allowed");
        assertThat(refused.getString("refusal.scope")).isEqualTo("team");
        assertThat(refused.getString("refusal.id")).isEqualTo(team);
        assertThat(refused.getInt("refusal.status")).isEqualTo(403);
        assertThat(refused.getString("refusal.body.error.type")).isEqualTo("team_vector_store_access_denied");
        assertThat(refused.getString("refusal.body.error.message")).contains("'salaries'", "[handbook]");
        assertThat(refusedAtCustomer.getString("refusal.scope")).isEqualTo("end_user");
        assertThat(refusedAtCustomer.getString("refusal.body.error.type")).isEqualTo("tool_access_denied");
        assertThat(admitted.getBoolean("admitted")).isTrue();
    }

    @Test
    void tools_are_refused_by_server_list_by_tool_list_and_by_block() {
        var key = Given.key(
                "object_permission",
                body(
                        "mcp_servers",
                        List.of("git", "wiki"),
                        "mcp_tool_permissions",
                        Map.of("git", List.of("log", "push")),
                        "blocked_tools",
                        List.of("push")));

        assertThat(admit(request(
                                key, "objects", body("mcp_tools", Map.of("git", List.of("log"), "wiki", List.of("x")))))
                        .getBoolean("admitted"))
                .isTrue();
        for (var wanted : List.of(
                Map.of("shell", List.of("run")), Map.of("git", List.of("blame")), Map.of("git", List.of("push")))) {
            assertThat(admit(request(key, "objects", body("mcp_tools", wanted))).getString("refusal.reason"))
                    .as("%s", wanted)
                    .isEqualTo("object_not_allowed");
        }
    }

    @Test
    void a_server_that_may_be_in_a_granted_group_is_left_to_the_proxy() {
        var key = Given.key("object_permission", body("mcp_access_groups", List.of("dev")));

        var admitted = admit(request(key, "objects", body("mcp_servers", List.of("git"))));

        assertThat(admitted.getBoolean("admitted")).isTrue();
        assertThat(admitted.getList("object_permission.mcp_access_groups")).isEqualTo(List.of("dev"));
    }

    @Test
    void a_customers_permission_changes_in_place_is_true_at_once_and_goes_with_the_customer() {
        var customer = customer("vector_stores", List.of("v"));
        var key = Given.key();
        var wanting = body("vector_stores", List.of("w"));
        assertThat(admit(request(key, "end_user", customer, "objects", wanting)).getBoolean("admitted"))
                .isFalse();
        var permission = info(customer).getString("object_permission_id");

        Api.asMaster()
                .create(
                        "/customer/update",
                        body("user_id", customer, "object_permission", body("vector_stores", List.of("v", "w"))));

        assertThat(info(customer).getString("object_permission_id")).isEqualTo(permission);
        assertThat(admit(request(key, "end_user", customer, "objects", wanting)).getBoolean("admitted"))
                .isTrue();
        assertThat(StoreAccess.queryOne(
                        "select (before_value -> 'object_permission' ->> 'vector_stores') || (after_value -> 'object_permission' ->> 'vector_stores') from audit_log where object_kind = 'end_user' and object_id = ? and action = 'updated'",
                        customer))
                .isEqualTo("[\"v\"][\"v\", \"w\"]");
        Api.asMaster().create("/customer/delete", body("user_ids", List.of(customer)));
        assertThat(StoreAccess.queryOne("select 1 from object_permission where object_permission_id = ?", permission))
                .isNull();
    }

    @Test
    void null_takes_a_customers_permission_away() {
        var customer = customer("vector_stores", List.of());
        var permission = info(customer).getString("object_permission_id");

        Api.asMaster().create("/customer/update", body("user_id", customer, "object_permission", null));

        assertThat(info(customer).<Object>get("object_permission")).isNull();
        assertThat(StoreAccess.queryOne("select 1 from object_permission where object_permission_id = ?", permission))
                .isNull();
        assertThat(admit(request(Given.key(), "end_user", customer, "objects", body("vector_stores", List.of("w"))))
                        .getBoolean("admitted"))
                .isTrue();
    }

    private static JsonPath info(String customer) {
        return Api.asMaster()
                .get("/customer/info", Map.of("end_user_id", customer))
                .jsonPath();
    }
}
