package io.tenantry.tenancy;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TeamMembersTest {

    @Test
    void a_new_user_is_made_and_added() {
        var team = Given.team();
        var email = Given.unique("new") + "@example.org";

        Api.asMaster()
                .post("/team/member_add", body("team_id", team, "member", Map.of("role", "user", "user_email", email)))
                .then()
                .statusCode(200)
                .body("team_id", equalTo(team))
                .body("members_with_roles.user_email", hasItem(email))
                .body("updated_users", hasSize(1))
                .body("updated_users[0].user_email", equalTo(email))
                .body("updated_users[0].user_role", equalTo("internal_user"))
                .body("updated_users[0].teams", equalTo(List.of(team)))
                .body("updated_users[0]", not(hasKey("password")))
                .body("updated_team_memberships[0].team_id", equalTo(team))
                .body("updated_team_memberships[0].budget_id", nullValue())
                .body("updated_team_memberships[0].spend", equalTo(0))
                .body("updated_team_memberships[0].litellm_budget_table", nullValue());
    }

    @Test
    void each_member_gets_an_own_budget() {
        var team = Given.team();
        var answer = Api.asMaster()
                .create(
                        "/team/member_add",
                        body(
                                "team_id",
                                team,
                                "member",
                                List.of(
                                        Map.of("role", "user", "user_id", Given.unique("u")),
                                        Map.of("role", "admin", "user_id", Given.unique("u"))),
                                "max_budget_in_team",
                                2.5,
                                "budget_duration",
                                "7d",
                                "allowed_models",
                                List.of("gpt-4o")));

        assertThat(answer.<Float>getList("updated_team_memberships.litellm_budget_table.max_budget"))
                .containsExactly(2.5f, 2.5f);
        assertThat(answer.getList("updated_team_memberships.litellm_budget_table.allowed_models.flatten()"))
                .containsOnly("gpt-4o");
        assertThat(answer.getList("updated_team_memberships.budget_id"))
                .doesNotHaveDuplicates()
                .doesNotContainNull();
    }

    @Test
    void members_without_limits_follow_the_teams_default_and_a_window_of_their_own_copies_it() {
        var team = Given.team("team_member_budget", 3, "team_member_budget_duration", "30d");

        Api.asMaster()
                .post("/team/member_add", member(team, Given.unique("u")))
                .then()
                .statusCode(200)
                .body("updated_team_memberships[0].litellm_budget_table.max_budget", equalTo(3));
        var own = body(
                "team_id",
                team,
                "budget_duration",
                "1d",
                "member",
                Map.of("role", "user", "user_id", Given.unique("u")));
        Api.asMaster()
                .post("/team/member_add", own)
                .then()
                .statusCode(200)
                .body("updated_team_memberships[0].litellm_budget_table.max_budget", equalTo(3))
                .body("updated_team_memberships[0].litellm_budget_table.budget_duration", equalTo("1d"));
    }

    @Test
    void a_member_cannot_be_added_twice_but_a_list_skips_those_who_are_there() {
        var team = Given.team();
        var there = Given.unique("there");
        var other = Given.unique("other");
        Api.asMaster().create("/team/member_add", member(team, there));

        Api.asMaster()
                .post("/team/member_add", member(team, there))
                .then()
                .statusCode(400)
                .body("error.type", equalTo("team_member_already_in_team"))
                .body("error.param", equalTo("member"));
        Api.asMaster()
                .post(
                        "/team/member_add",
                        body(
                                "team_id",
                                team,
                                "member",
                                List.of(
                                        Map.of("role", "user", "user_id", there),
                                        Map.of("role", "user", "user_id", other))))
                .then()
                .statusCode(200)
                .body("updated_users.user_id", equalTo(List.of(other)));
    }

    @Test
    void fifty_concurrent_additions_lose_nobody() throws Exception {
        var team = Given.team();
        var threads = Executors.newFixedThreadPool(50);
        try {
            var calls = IntStream.range(0, 50)
                    .mapToObj(i -> threads.submit(() -> Api.asMaster()
                            .post("/team/member_add", member(team, "crowd-" + i + "-" + team))
                            .statusCode()))
                    .toList();
            for (var call : calls) {
                assertThat(call.get()).isEqualTo(200);
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(StoreAccess.queryOne("select count(*) from team_membership where team_id = ?", team))
                .isEqualTo("51");
    }

    @Test
    void concurrent_additions_of_the_same_new_address_agree_on_one_user() throws Exception {
        var email = Given.unique("same") + "@example.org";
        var teams = IntStream.range(0, 8).mapToObj(i -> Given.team()).toList();
        var threads = Executors.newFixedThreadPool(8);
        try {
            var calls = teams.stream()
                    .map(team -> threads.submit(() -> Api.asMaster()
                            .post(
                                    "/team/member_add",
                                    body("team_id", team, "member", Map.of("role", "user", "user_email", email)))
                            .statusCode()))
                    .toList();
            for (var call : calls) {
                assertThat(call.get()).isEqualTo(200);
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(StoreAccess.queryOne("select count(*) from app_user where user_email = ?", email))
                .isEqualTo("1");
    }

    @Test
    void an_addition_is_recorded_and_holds_no_secret() {
        var team = Given.team();
        var user = Given.unique("u");
        Api.asMaster().create("/team/member_add", member(team, user));

        assertThat(StoreAccess.queryOne(
                        "select action from audit_log where object_kind = 'team_member' and object_id = ?",
                        team + "/" + user))
                .isEqualTo("created");
        assertThat(StoreAccess.queryOne(
                        "select string_agg(after_value::text, ' ') from audit_log where object_id in (?, ?)",
                        user,
                        team + "/" + user))
                .doesNotContain("sk-", "secret", "password\":\"");
    }

    @Test
    void a_refused_addition_changes_nothing() {
        var team = Given.team();
        var fresh = Given.unique("fresh");
        var members = List.of(Map.of("role", "user", "user_id", fresh), Map.of("role", "user", "user_id", "no/slash"));

        Api.asMaster()
                .post("/team/member_add", body("team_id", team, "member", members))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("user_id"));

        assertThat(StoreAccess.queryOne("select user_id from app_user where user_id = ?", fresh))
                .isNull();
    }

    @Test
    void a_team_admin_adds_known_users_and_new_ones_by_address_only() {
        var team = Given.team();
        var admin = Api.as(Tenants.inTeam(team, "admin").key());
        var known = Given.user();

        admin.post("/team/member_add", member(team, known)).then().statusCode(200);
        admin.post(
                        "/team/member_add",
                        body(
                                "team_id",
                                team,
                                "member",
                                Map.of("role", "user", "user_email", Given.unique("n") + "@example.org")))
                .then()
                .statusCode(200);
        admin.post("/team/member_add", member(team, Given.unique("guess")))
                .then()
                .statusCode(403)
                .body("error.message", containsString("Not allowed"));
    }

    @Test
    void what_an_admin_is_told_of_a_user_ends_at_the_own_tenant() {
        var elsewhere = Given.team("organization_id", Given.organization());
        var user = Tenants.inTeam(elsewhere, "user").userId();
        var team = Given.team();
        var admin = Api.as(Tenants.inTeam(team, "admin").key());

        admin.post("/team/member_add", member(team, user))
                .then()
                .statusCode(200)
                .body("updated_users[0].teams", equalTo(List.of(team)));
    }

    @Test
    void only_admins_may_and_other_teams_do_not_exist() {
        var team = Given.team();
        var member = Api.as(Tenants.inTeam(team, "user").key());
        var adminElsewhere = Api.as(Tenants.inTeam(Given.team(), "admin").key());

        Api.asNobody().post("/team/member_add", member(team, "u-1")).then().statusCode(401);
        member.post("/team/member_add", member(team, "u-1"))
                .then()
                .statusCode(403)
                .body("error.message", containsString("Not allowed"));
        adminElsewhere
                .post("/team/member_add", member(team, "u-1"))
                .then()
                .statusCode(404)
                .body("error.param", equalTo("team_id"));
        Api.asMaster()
                .post("/team/member_add", member(Given.unique("team"), "u-1"))
                .then()
                .statusCode(404)
                .body("error.message", containsString("not found"));
    }

    @Test
    void bad_input_is_refused_by_name() {
        var team = Given.team();

        Api.asMaster()
                .post("/team/member_add", body("member", Map.of("role", "user", "user_id", "u")))
                .then()
                .statusCode(422)
                .body("error.param", equalTo("team_id"));
        Api.asMaster()
                .post("/team/member_add", body("team_id", team))
                .then()
                .statusCode(422)
                .body("error.param", equalTo("member"));
        Api.asMaster()
                .post("/team/member_add", body("team_id", team, "member", Map.of("role", "owner", "user_id", "u")))
                .then()
                .statusCode(422)
                .body("error.param", containsString("role"));
        Api.asMaster()
                .post("/team/member_add", body("team_id", team, "member", Map.of("role", "user")))
                .then()
                .statusCode(422);
        Api.asMaster()
                .post("/team/member_add", with(team, "max_budget_in_team", -1))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("max_budget_in_team"));
        Api.asMaster()
                .post("/team/member_add", with(team, "budget_duration", "never"))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("budget_duration"));
    }

    private static Map<String, Object> member(String team, String user) {
        return body("team_id", team, "member", Map.of("role", "user", "user_id", user));
    }

    private static Map<String, Object> with(String team, String field, Object value) {
        return body("team_id", team, "member", Map.of("role", "user", "user_id", "u"), field, value);
    }
}
