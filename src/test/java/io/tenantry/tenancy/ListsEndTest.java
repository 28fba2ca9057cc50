package io.tenantry.tenancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.Statements;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every list ends somewhere, is sorted by what has an index, and goes on where it was left. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ListsEndTest {

    private static final String MARK = "list-ends-";

    @ParameterizedTest
    @CsvSource({
        "/key/list, size, 101",
        "/key/aliases, size, 101",
        "/v2/team/list, page_size, 101",
        "/team/filter/ui, page_size, 101",
        "/user/list, page_size, 101",
        "/user/filter/ui, page_size, 101",
        "/audit, page_size, 101"
    })
    void no_page_is_larger_than_the_server_says(String path, String parameter, String size) {
        assertThat(Api.asMaster().get(path, Map.of(parameter, size)).statusCode())
                .isIn(400, 422);
    }

    @ParameterizedTest
    @CsvSource({"/key/list, spend", "/v2/team/list, spend", "/user/list, spend", "/audit, action"})
    void what_no_index_sorts_is_refused(String path, String column) {
        Api.asMaster()
                .get(path, Map.of("sort_by", column))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("sort_by"));
    }

    @ParameterizedTest
    @CsvSource({"/organization/daily/activity", "/team/daily/activity", "/user/daily/activity"})
    void reports_end_where_skipping_would_cost_too_much(String path) {
        var days = Given.body("start_date", "2026-01-01", "end_date", "2026-01-31", "page_size", 1000, "page", 101);
        Api.asMaster().get(path, days).then().statusCode(400).body("error.param", equalTo("page"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/customer/list | end_user (end_user_id, created_by, updated_by)",
                "/tag/list | tag (name, created_by, updated_by)",
                "/budget/list | budget (budget_id, created_by, updated_by)",
                "/team/list | team (team_id, created_by, updated_by)"
            })
    void a_list_without_pages_has_a_thousand_entries_at_most(String path, String table) {
        assertAThousand(path, table, "'t', 't'");
    }

    @Test
    void the_list_of_organizations_has_a_thousand_entries_at_most() {
        var budget = Given.unique("b");
        StoreAccess.execute("insert into budget (budget_id, created_by, updated_by) values (?, 't', 't')", budget);
        assertAThousand(
                "/organization/list",
                "organization (organization_id, organization_alias, budget_id, created_by, updated_by)",
                "'many', '" + budget + "', 't', 't'");
    }

    private static void assertAThousand(String path, String table, String values) {
        StoreAccess.execute(
                "insert into " + table + " select '" + MARK + "' || n, " + values + " from generate_series(1, 1001) n");
        try {
            assertThat(Api.asMaster()
                            .get(path)
                            .then()
                            .statusCode(200)
                            .extract()
                            .jsonPath()
                            .getList("$"))
                    .hasSize(1000);
        } finally {
            var id = table.substring(table.indexOf('(') + 1, table.indexOf(','));
            StoreAccess.execute("delete from " + table.split(" ")[0] + " where " + id + " like '" + MARK + "%'");
        }
    }

    @Test
    void an_entry_of_a_list_shows_the_first_hundred_and_the_organization_itself_all() {
        var organization = Given.organization();
        var user = Given.unique("listed");
        fill(organization, user, 101);

        var listed = Api.asMaster()
                .get("/organization/list", Map.of("org_id", organization))
                .jsonPath();
        assertThat(listed.getList("[0].members.user_id", String.class))
                .hasSize(100)
                .startsWith(user + "-001", user + "-002")
                .endsWith(user + "-100");
        assertThat(listed.getList("[0].teams.team_id", String.class))
                .hasSize(100)
                .startsWith(organization + "-001");
        assertThat(listed.getList("[0].teams[0].members_with_roles.user_id", String.class))
                .hasSize(5_000 / 100)
                .startsWith(user + "-001");

        var whole = Api.asMaster()
                .get("/organization/info", Map.of("organization_id", organization))
                .jsonPath();
        assertThat(whole.getList("members")).hasSize(101);
        assertThat(whole.getList("teams")).hasSize(101);
        assertThat(Api.asMaster()
                        .get("/team/info", Map.of("team_id", organization + "-001"))
                        .jsonPath()
                        .getList("team_info.members_with_roles"))
                .hasSize(101);
    }

    @Test
    void a_long_list_asks_as_many_statements_as_a_short_one() {
        var few = Given.organization();
        fill(few, Given.unique("few"), 2);
        var many = Given.organization();
        fill(many, Given.unique("many"), 101);

        for (var path : List.of("/team/list?organization_id=", "/organization/list?org_id=")) {
            assertThat(Statements.of(() -> read(path + many)))
                    .as(path)
                    .isEqualTo(Statements.of(() -> read(path + few)));
        }
    }

    private static void read(String path) {
        Api.asMaster().get(path).then().statusCode(200);
    }

    /** As many users, all members, and as many teams with budgets by the month; the first team has all of the users. */
    private static void fill(String organization, String user, int count) {
        StoreAccess.execute(
                "insert into app_user (user_id, budget_duration, created_by, updated_by)"
                        + " select ? || '-' || to_char(n, 'FM000'), '1mo', 't', 't' from generate_series(1, ?) n",
                user,
                count);
        StoreAccess.execute(
                "insert into organization_membership (organization_id, user_id, user_role, created_at)"
                        + " select ?, ? || '-' || to_char(n, 'FM000'), 'internal_user', timestamptz '2026-01-01' + n * interval '1 second'"
                        + " from generate_series(1, ?) n",
                organization,
                user,
                count);
        StoreAccess.execute(
                "insert into team (team_id, team_alias, organization_id, max_budget_nano, budget_duration, created_by, updated_by)"
                        + " select ? || '-' || to_char(n, 'FM000'), to_char(n, 'FM000'), ?, 1, '1mo', 't', 't' from generate_series(1, ?) n",
                organization,
                organization,
                count);
        StoreAccess.execute(
                "insert into team_membership (team_id, user_id, role, created_at)"
                        + " select ? || '-001', ? || '-' || to_char(n, 'FM000'), 'user', timestamptz '2026-01-01' + n * interval '1 second'"
                        + " from generate_series(1, ?) n",
                organization,
                user,
                count);
    }

    @ParameterizedTest
    @CsvSource({
        "created_at, desc",
        "created_at, asc",
        "team_id, asc",
        "team_id, desc",
        "team_alias, asc",
        "team_alias, desc"
    })
    void teams_go_on_after_the_last_one(String column, String order) {
        var organization = Given.organization();
        for (int i = 0; i < 6; i++) {
            Given.team("organization_id", organization, "team_alias", "alias-" + i % 4);
        }
        var query = Given.body("organization_id", organization, "sort_by", column, "sort_order", order);
        var expected = page("/v2/team/list", "teams.team_id", query);
        assertThat(expected).hasSize(6);

        var found = new ArrayList<String>();
        query.put("page_size", 2);
        for (int page = 1; page <= 3; page++) {
            query.put("page", page);
            var read = page("/v2/team/list", "teams.team_id", query);
            found.addAll(read);
            Api.asMaster().create("/team/delete", Map.of("team_ids", read));
        }
        assertThat(found).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "created_at, desc",
        "created_at, asc",
        "user_id, asc",
        "user_id, desc",
        "user_email, asc",
        "user_email, desc",
        "user_alias, asc",
        "user_alias, desc",
        "user_role, asc",
        "user_role, desc"
    })
    void users_go_on_after_the_last_one(String column, String order) {
        var organization = Given.organization();
        for (int i = 0; i < 6; i++) {
            var user = Given.body("organizations", List.of(organization), "user_role", "internal_user");
            if (i < 4) {
                user.put("user_email", Given.unique("turned") + "@example.org");
                user.put("user_alias", "alias-" + i / 2);
            }
            user.put("auto_create_key", false);
            Api.asMaster().create("/user/new", user);
        }
        var query = Given.body("organization_ids", organization, "sort_by", column, "sort_order", order);
        var expected = page("/user/list", "users.user_id", query);
        assertThat(expected).hasSize(6);

        var found = new ArrayList<String>();
        query.put("page_size", 2);
        for (int page = 1; page <= 3; page++) {
            query.put("page", page);
            var read = page("/user/list", "users.user_id", query);
            found.addAll(read);
            Api.asMaster().create("/user/delete", Map.of("user_ids", read));
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void the_trail_goes_on_after_the_last_entry() {
        var team = Given.team();
        for (int i = 0; i < 3; i++) {
            Api.asMaster().create("/team/update", Map.of("team_id", team, "team_alias", "alias-" + i));
        }
        var query = Given.body("object_id", team);
        var before = page("/audit", "audit_logs.id", query);
        assertThat(before).hasSize(4);

        query.put("page_size", 2);
        var found = new ArrayList<>(page("/audit", "audit_logs.id", query));
        Api.asMaster().create("/team/update", Map.of("team_id", team, "team_alias", "later"));
        query.put("page", 2);
        found.addAll(page("/audit", "audit_logs.id", query));
        assertThat(found).isEqualTo(before);
    }

    private static List<String> page(String path, String field, Map<String, Object> query) {
        return Api.asMaster()
                .get(path, query)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList(field, String.class);
    }
}
