package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ListUsersTest {

    @Test
    void an_item_is_the_user_with_what_belongs_to_it() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = Given.user(
                "user_email", Given.unique("Kim") + "@example.org",
                "organizations", List.of(organization),
                "teams", List.of(team),
                "object_permission", Map.of("agents", List.of("a")));
        Given.key("user_id", user);
        Given.key("user_id", user, "team_id", team);

        Api.asMaster()
                .get("/user/list", Map.of("user_ids", user))
                .then()
                .statusCode(200)
                .body("total", equalTo(1))
                .body("page", equalTo(1))
                .body("page_size", equalTo(25))
                .body("total_pages", equalTo(1))
                .body("users", hasSize(1))
                .body("users[0].user_id", equalTo(user))
                .body("users[0].teams", equalTo(List.of(team)))
                .body("users[0].organization_memberships.organization_id", equalTo(List.of(organization)))
                .body("users[0].object_permission.agents", equalTo(List.of("a")))
                .body("users[0].key_count", equalTo(2))
                .body("users[0].spend", equalTo(0))
                .body("users[0]", not(hasKey("password")))
                .body("users[0]", hasKey("model_max_budget"));
        Api.asMaster()
                .get("/user/get_users", Map.of("user_ids", user))
                .then()
                .statusCode(200)
                .body("total", equalTo(1));
    }

    @Test
    void filters_find_what_they_say() {
        var mark = Given.unique("Mark");
        var organization = Given.organization();
        var team = Given.team();
        var one = Given.user(
                "user_id",
                mark + "-one",
                "user_email",
                mark + "_1@example.org",
                "sso_user_id",
                mark,
                "user_role",
                "internal_user_viewer",
                "organizations",
                List.of(organization));
        var two = Given.user("user_id", mark + "-two", "user_email", mark + "x2@example.org", "teams", List.of(team));

        assertThat(found("user_ids", one + "," + two)).containsExactlyInAnyOrder(one, two);
        assertThat(found("user_ids", mark.toUpperCase(Locale.ROOT))).containsExactlyInAnyOrder(one, two);
        assertThat(found("user_ids", mark + "," + one)).containsExactly(one);
        assertThat(found("user_email", mark.toLowerCase(Locale.ROOT) + "_")).containsExactly(one);
        assertThat(found("user_email", mark + "%")).isEmpty();
        assertThat(found("search", mark)).containsExactlyInAnyOrder(one, two);
        assertThat(found("sso_user_ids", mark + ",other")).containsExactly(one);
        assertThat(found("team", team, "search", mark)).containsExactly(two);
        assertThat(found("organization_ids", organization + ",other")).containsExactly(one);
        assertThat(found("search", mark, "role", "internal_user_viewer")).containsExactly(one);
        assertThat(found("search", mark, "role", "proxy_admin")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"user_id", "user_email", "created_at", "user_alias", "user_role"})
    void pages_follow_each_other_in_either_order(String column) {
        var mark = Given.unique("page");
        var users = IntStream.range(0, 7)
                .mapToObj(i -> body(
                        "user_id",
                        mark + i,
                        "user_email",
                        mark + (9 - i) + "@example.org",
                        "user_alias",
                        i % 2 == 0 ? "even" : null,
                        "user_role",
                        i % 3 == 0 ? "internal_user" : null))
                .toList();
        Api.asMaster().create("/user/bulk_create", users);

        var ascending = pages(mark, column, "asc");
        var descending = pages(mark, column, "desc");
        Collections.reverse(descending);

        assertThat(ascending).doesNotHaveDuplicates().hasSize(7).isEqualTo(descending);
    }

    @Test
    void the_newest_come_first_when_nothing_else_is_asked() {
        var mark = Given.unique("new");
        var first = Given.user("user_id", mark + "-z");
        var second = Given.user("user_id", mark + "-a");

        assertThat(found("search", mark)).containsExactly(second, first);
    }

    @Test
    void bad_parameters_are_named() {
        for (var wrong : List.of(
                Map.entry("page", "0"),
                Map.entry("page_size", "101"),
                Map.entry("page", "x"),
                Map.entry("page", "10001"))) {
            Api.asMaster()
                    .get("/user/list", Map.of(wrong.getKey(), wrong.getValue()))
                    .then()
                    .statusCode(422)
                    .body("error.param", equalTo(wrong.getKey()));
        }
        for (var wrong : List.of(
                Map.entry("sort_by", "password"), Map.entry("sort_by", "spend"), Map.entry("sort_order", "up"))) {
            Api.asMaster()
                    .get("/user/list", Map.of(wrong.getKey(), wrong.getValue()))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo(wrong.getKey()));
        }
    }

    @Test
    void an_organization_admin_sees_the_members_and_of_them_what_is_inside() {
        var mine = Given.organization();
        var foreign = Given.organization();
        var inside = Given.team("organization_id", mine);
        var outside = Given.team("organization_id", foreign);
        var admin = Tenants.adminOf(mine);
        var api = Api.as(admin.key());
        var member = Given.user("organizations", List.of(mine, foreign), "teams", List.of(inside, outside));
        Given.key("user_id", member, "team_id", inside);
        Given.key("user_id", member, "team_id", outside);
        Given.key("user_id", member);
        var stranger = Given.user("organizations", List.of(foreign));

        api.get("/user/list")
                .then()
                .statusCode(200)
                .body("users.user_id", hasItem(member))
                .body("users.user_id", not(hasItem(stranger)))
                .body("total", equalTo(2));
        api.get("/user/list", Map.of("user_ids", member))
                .then()
                .body("users[0].teams", equalTo(List.of(inside)))
                .body("users[0].organization_memberships.organization_id", equalTo(List.of(mine)))
                .body("users[0].key_count", equalTo(1));
        api.get("/user/list", Map.of("team", outside)).then().body("total", equalTo(0));
        api.get("/user/list", Map.of("team", inside)).then().body("total", equalTo(1));
        api.get("/user/list", Map.of("search", stranger)).then().body("total", equalTo(0));
        api.get("/user/list", Map.of("organization_ids", foreign)).then().statusCode(403);
        api.get("/user/filter/ui", Map.of("user_id", stranger))
                .then()
                .statusCode(200)
                .body("", hasSize(0));
        api.get("/user/filter/ui", Map.of("user_id", member)).then().body("user_id", equalTo(List.of(member)));
        api.get("/user/available_users").then().statusCode(403);
    }

    @Test
    void who_administers_nothing_lists_nobody() {
        for (var path : List.of("/user/list", "/user/get_users", "/user/filter/ui", "/user/available_users")) {
            Api.asNobody().get(path).then().statusCode(401);
            Api.as(Tenants.user("user_role", "internal_user").key())
                    .get(path)
                    .then()
                    .statusCode(403);
            Api.as(Tenants.inTeam(Given.team(), "admin").key()).get(path).then().statusCode(403);
            Api.as(Given.keyOfUserWithRole("proxy_admin_viewer"))
                    .get(path)
                    .then()
                    .statusCode(200);
        }
    }

    @Test
    void roles_and_seats_are_told() {
        Api.as(Tenants.user("user_role", "internal_user").key())
                .get("/user/available_roles")
                .then()
                .statusCode(200)
                .body("", hasKey("proxy_admin"))
                .body("internal_user_viewer", hasKey("ui_label"))
                .body("internal_user", hasKey("description"));
        Api.asNobody().get("/user/available_roles").then().statusCode(401);
        Api.asMaster()
                .get("/user/available_users")
                .then()
                .statusCode(200)
                .body("total_users", equalTo(null))
                .body("", hasKey("total_users_used"));
    }

    @Test
    void the_second_form_is_the_user_alone() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = Tenants.inTeam(team, "user");

        for (var key : List.of(
                Api.MASTER_KEY,
                user.key(),
                Given.keyOfUserWithRole("proxy_admin_viewer"),
                Tenants.inTeam(team, "admin").key(),
                Tenants.adminOf(organization).key())) {
            Api.as(key)
                    .get("/v2/user/info", Map.of("user_id", user.userId()))
                    .then()
                    .statusCode(200)
                    .body("user_id", equalTo(user.userId()))
                    .body("teams", equalTo(List.of(team)))
                    .body("", not(hasKey("keys")))
                    .body("", hasKey("tpm_limit"));
        }
        Api.as(user.key()).get("/v2/user/info").then().statusCode(200).body("user_id", equalTo(user.userId()));
        Api.as(Tenants.user("user_role", "internal_user").key())
                .get("/v2/user/info", Map.of("user_id", user.userId()))
                .then()
                .statusCode(404);
        Api.asMaster()
                .get("/v2/user/info", Map.of("user_id", Given.unique("none")))
                .then()
                .statusCode(404);
        Api.as(Tenants.keyOfTeam(team)).get("/v2/user/info").then().statusCode(400);
        Api.asNobody().get("/v2/user/info").then().statusCode(401);
    }

    /** By the plan of the statement, so that it holds at a million rows too: no sort of all rows, no scan of the table. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "u.created_at desc, u.user_id desc",
                "u.user_alias asc, u.user_id asc",
                "u.user_alias desc, u.user_id desc",
                "u.user_role asc, u.created_at asc, u.user_id asc",
                "lower(u.user_email) asc, u.user_id asc"
            })
    void each_order_has_an_index(String order) throws SQLException {
        assertThat(plan("select u.user_id from app_user u order by " + order + " limit 25"))
                .noneMatch(line -> line.contains("Seq Scan"))
                .noneMatch(line ->
                        line.contains("Sort ") && !line.contains("Incremental Sort") && !line.contains("Sort Key"));
    }

    @Test
    void a_part_of_an_address_is_found_by_an_index() throws SQLException {
        assertThat(plan("select 1 from app_user u where lower(u.user_email) like '%exampl%'"))
                .anyMatch(line -> line.contains("app_user_part_of_email"));
    }

    private static List<String> plan(String sql) throws SQLException {
        try (var connection = StoreAccess.database();
                var statement = connection.createStatement()) {
            statement.execute("set enable_seqscan = off");
            statement.execute("set enable_bitmapscan = " + (sql.contains("like") ? "on" : "off"));
            var lines = new ArrayList<String>();
            try (var rows = statement.executeQuery("explain " + sql)) {
                while (rows.next()) {
                    lines.add(rows.getString(1));
                }
            }
            return lines;
        }
    }

    private static List<String> found(Object... query) {
        return list(body(query)).getList("users.user_id", String.class);
    }

    private static JsonPath list(Map<String, Object> query) {
        var answer = Api.asMaster().get("/user/list", query);
        answer.then().statusCode(200);
        return answer.jsonPath();
    }

    private static List<String> pages(String mark, String column, String order) {
        var all = new ArrayList<String>();
        for (int page = 1; page <= 4; page++) {
            var answer =
                    list(body("search", mark, "page", page, "page_size", 2, "sort_by", column, "sort_order", order));
            assertThat(answer.getLong("total")).isEqualTo(7);
            assertThat(answer.getLong("total_pages")).isEqualTo(4);
            all.addAll(answer.getList("users.user_id", String.class));
        }
        return all;
    }
}
