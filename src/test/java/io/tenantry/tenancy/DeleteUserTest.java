package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class DeleteUserTest {

    /** What is kept on purpose: who did what, what was used, and whose a key was when a late settlement arrives. */
    private static final Set<String> HISTORY =
            Set.of("audit_log", "usage_event", "spend_total", "daily_usage", "deleted_api_key");

    @Test
    void afterwards_no_row_refers_to_the_user() throws SQLException {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var user = Given.user(
                "user_email", Given.unique("kim") + "@example.org",
                "organizations", List.of(organization),
                "teams", List.of(Map.of("team_id", team, "max_budget_in_team", 3)),
                "object_permission", Map.of("agents", List.of("a")));
        var permission = StoreAccess.queryOne("select object_permission_id from app_user where user_id = ?", user);
        var budget = StoreAccess.queryOne("select budget_id from team_membership where user_id = ?", user);
        Given.key("user_id", user, "team_id", team, "object_permission", Map.of("agents", List.of("a")));
        Given.key("user_id", user);
        assertThat(references(user)).isNotEmpty();

        Api.asMaster()
                .post("/user/delete", body("user_ids", List.of(user)))
                .then()
                .statusCode(200)
                .body(equalTo("1"));

        assertThat(references(user)).isEmpty();
        assertThat(references(permission)).isEmpty();
        assertThat(references(budget)).isEmpty();
        Api.asMaster().get("/user/info", Map.of("user_id", user)).then().statusCode(404);
        assertThat(StoreAccess.queryOne("select count(*) from deleted_api_key where user_id = ?", user))
                .isEqualTo("2");
        assertThat(StoreAccess.queryOne(
                        "select count(*) from audit_log where object_id = ? and action = 'deleted'", user))
                .isEqualTo("1");
        Given.user("user_id", user);
    }

    @Test
    void all_keys_are_refused_at_once_and_the_ledger_keeps_its_history() {
        var user = Given.user();
        var team = Given.team();
        var keys = List.of(Given.key("user_id", user), Given.key("user_id", user, "team_id", team));
        for (var key : keys) {
            var id = Api.asMaster()
                    .create("/v1/admissions", Admissions.request(key))
                    .getString("admission_id");
            Api.asMaster().create("/v1/admissions/" + id + "/settlement", body("input_tokens", 10, "output_tokens", 5));
        }

        Api.asMaster().create("/user/delete", body("user_ids", List.of(user)));

        for (var key : keys) {
            Api.asMaster()
                    .post("/v1/admissions", Admissions.request(key))
                    .then()
                    .body("admitted", equalTo(false))
                    .body("refusal.reason", equalTo("unknown_key"));
            Api.as(key).get("/user/info").then().statusCode(401);
        }
        assertThat(StoreAccess.queryOne("select count(*) from usage_event where user_id = ?", user))
                .isEqualTo("2");
        assertThat(StoreAccess.queryOne("select sum(requests) from daily_usage where user_id = ?", user))
                .isEqualTo("2");
    }

    @Test
    void the_trail_keeps_what_the_user_belonged_to_and_shows_it_to_the_organization_that_held_it_all() {
        var organization = Given.organization();
        var admin = Api.as(Tenants.adminOf(organization).key());
        var team = Given.team("organization_id", organization);
        var user = Tenants.inTeam(team, "admin").userId();
        Api.asMaster()
                .create(
                        "/organization/member_add",
                        body(
                                "organization_id",
                                organization,
                                "member",
                                Map.of("role", "internal_user", "user_id", user)));
        var both = Given.user("organizations", List.of(organization), "teams", List.of(Given.team()));

        admin.create("/user/delete", body("user_ids", List.of(user)));
        Api.asMaster().create("/user/delete", body("user_ids", List.of(both)));

        var ofUser = Map.<String, Object>of("object_id", user, "action", "deleted");
        admin.get("/audit", ofUser)
                .then()
                .body("total", equalTo(1))
                .body("audit_logs[0].organization_id", equalTo(organization))
                .body("audit_logs[0].before_value.user_id", equalTo(user))
                .body("audit_logs[0].before_value.teams", equalTo(List.of(team)))
                .body("audit_logs[0].before_value.team_memberships.team_id", equalTo(List.of(team)))
                .body("audit_logs[0].before_value.team_memberships.role", equalTo(List.of("admin")))
                .body(
                        "audit_logs[0].before_value.organization_memberships.organization_id",
                        equalTo(List.of(organization)))
                .body(
                        "audit_logs[0].before_value.organization_memberships.user_role",
                        equalTo(List.of("internal_user")));
        var ofBoth = Map.<String, Object>of("object_id", both, "action", "deleted");
        admin.get("/audit", ofBoth).then().body("total", equalTo(0));
        Api.asMaster()
                .get("/audit", ofBoth)
                .then()
                .body("audit_logs[0].before_value.team_memberships.role", equalTo(List.of("user")))
                .body(
                        "audit_logs[0].before_value.organization_memberships.organization_id",
                        equalTo(List.of(organization)));
    }

    @Test
    void one_that_is_not_there_keeps_all_the_others() {
        var user = Given.user();

        Api.asMaster()
                .post("/user/delete", body("user_ids", List.of(user, Given.unique("none"))))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("user_ids"));

        Api.asMaster().get("/user/info", Map.of("user_id", user)).then().statusCode(200);
    }

    @Test
    void bad_input_and_other_callers_are_refused() {
        var user = Tenants.user("user_role", "internal_user");
        Api.asMaster().post("/user/delete", body()).then().statusCode(422);
        Api.asMaster().post("/user/delete", body("user_ids", List.of())).then().statusCode(422);
        Api.asNobody()
                .post("/user/delete", body("user_ids", List.of("x")))
                .then()
                .statusCode(401);
        for (var key : List.of(
                user.key(),
                Given.keyOfUserWithRole("proxy_admin_viewer"),
                Tenants.inTeam(Given.team(), "admin").key())) {
            Api.as(key)
                    .post("/user/delete", body("user_ids", List.of(user.userId())))
                    .then()
                    .statusCode(403);
        }
    }

    @Test
    void the_one_that_is_named_does_not_tell_a_foreign_user_from_a_missing_one() {
        var admin = Api.as(Tenants.adminOf(Given.organization()).key());
        var foreign = Tenants.memberOf(Given.organization(), "internal_user").userId();
        // the first of the two, by its name: a missing one in its place would be named as well
        var missing = Given.unique("zz-nobody");
        admin.post("/user/delete", body("user_ids", List.of(missing, foreign)))
                .then()
                .statusCode(404)
                .body("error.message", containsString(foreign));
    }

    @Test
    void an_organization_admin_deletes_who_belongs_to_the_organization_alone() {
        var mine = Given.organization();
        var admin = Api.as(Tenants.adminOf(mine).key());
        var inside = Given.user("organizations", List.of(mine));
        var both = Given.user("organizations", List.of(mine), "teams", List.of(Given.team()));
        var boss = Given.user("organizations", List.of(mine), "user_role", "proxy_admin");
        var foreign = Given.user("organizations", List.of(Given.organization()));

        admin.post("/user/delete", body("user_ids", List.of(inside, foreign)))
                .then()
                .statusCode(404);
        admin.post("/user/delete", body("user_ids", List.of(both), "organization_id", mine))
                .then()
                .statusCode(403);
        admin.post("/user/delete", body("user_ids", List.of(boss))).then().statusCode(403);
        admin.post("/user/delete", body("user_ids", List.of(inside), "organization_id", Given.organization()))
                .then()
                .statusCode(404);
        admin.post("/user/delete", body("user_ids", List.of(inside), "organization_id", mine))
                .then()
                .statusCode(200)
                .body(equalTo("1"));

        assertThat(StoreAccess.queryOne(
                        "select count(*) from app_user where user_id in (?, ?, ?, ?)", inside, both, boss, foreign))
                .isEqualTo("3");
    }

    @Test
    void changes_and_deletes_at_the_same_time_end_in_one_consistent_state() throws SQLException {
        var team = Given.team();
        var users = IntStream.range(0, 12)
                .mapToObj(i -> Given.user("teams", List.of(team)))
                .toList();
        users.forEach(user -> Given.key("user_id", user, "team_id", team));

        var running = new ArrayList<CompletableFuture<Integer>>();
        for (var user : users) {
            running.add(call("/user/update", body("user_id", user, "rpm_limit", 7)));
            running.add(call("/user/delete", body("user_ids", List.of(user))));
            running.add(call(
                    "/team/member_add",
                    body("team_id", Given.team(), "member", Map.of("role", "user", "user_id", user))));
            running.add(call("/key/generate", body("user_id", user)));
        }

        assertThat(running.stream().map(CompletableFuture::join)).allMatch(status -> status < 500);
        for (var user : users) {
            // a member addition that came later made a new user of that id: whole, too
            if (StoreAccess.queryOne("select 1 from app_user where user_id = ?", user) == null) {
                assertThat(references(user)).isEmpty();
            }
        }
    }

    private static CompletableFuture<Integer> call(String path, Map<String, Object> body) {
        return CompletableFuture.supplyAsync(
                () -> Api.asMaster().post(path, body).statusCode());
    }

    /** Every column of every table that holds this text somewhere. */
    private static List<String> references(String id) throws SQLException {
        var found = new ArrayList<String>();
        try (var connection = StoreAccess.database();
                var columns = connection.prepareStatement("""
                                select c.table_name, c.column_name from information_schema.columns c
                                join information_schema.tables t using (table_schema, table_name)
                                where c.table_schema = 'public' and t.table_type = 'BASE TABLE'""").executeQuery()) {
            while (columns.next()) {
                var table = columns.getString(1);
                var history = HISTORY.stream().anyMatch(table::startsWith) || table.startsWith("flyway");
                var sql = "select 1 from \"" + table + "\" where position(? in cast(\"" + columns.getString(2)
                        + "\" as text)) > 0 limit 1";
                if (!history && StoreAccess.queryOne(sql, id) != null) {
                    found.add(table + "." + columns.getString(2));
                }
            }
        }
        return found;
    }
}
