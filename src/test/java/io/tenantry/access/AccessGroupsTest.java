package io.tenantry.access;

import static io.tenantry.testing.Admissions.request;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.tenantry.core.SecretHash;
import io.tenantry.testing.Api;
import io.tenantry.testing.Calls;
import io.tenantry.testing.Given;
import io.tenantry.testing.Roles;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AccessGroupsTest {

    private static final String ROUTE = "/v1/access_group";

    record Group(String id, String name) {}

    private static Group group(Object... fields) {
        var body = body(fields);
        body.putIfAbsent("access_group_name", Given.unique("group"));
        var made = Api.asMaster().post(ROUTE, body);
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return new Group(
                made.jsonPath().getString("access_group_id"), made.jsonPath().getString("access_group_name"));
    }

    private static Response put(String key, String id, Map<String, Object> body) {
        return RestAssured.given()
                .contentType(ContentType.JSON)
                .header("Authorization", "Bearer " + key)
                .body(body)
                .put(ROUTE + "/" + id);
    }

    private static Response update(Group group, Object... fields) {
        return put(Api.MASTER_KEY, group.id(), body(fields));
    }

    private static boolean allowed(String key, String model) {
        return Api.asMaster()
                .create("/v1/admissions", request(key, "model", model))
                .getBoolean("admitted");
    }

    private static String token(String key) {
        return SecretHash.of(key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/access_group", "/v1/unified_access_group"})
    void bothPathsAnswerWithEveryKeyThatClientsKnow(String route) {
        var name = Given.unique("group");

        var made = Api.asMaster().post(route, body("access_group_name", name, "access_model_names", List.of("gpt-4o")));

        assertThat(made.statusCode()).isEqualTo(201);
        var id = made.jsonPath().getString("access_group_id");
        assertThat(made.jsonPath().getMap("$").keySet())
                .containsExactlyInAnyOrder(
                        "access_group_id",
                        "access_group_name",
                        "description",
                        "access_model_names",
                        "access_mcp_server_ids",
                        "access_agent_ids",
                        "assigned_team_ids",
                        "assigned_key_ids",
                        "created_at",
                        "created_by",
                        "updated_at",
                        "updated_by");
        Api.asMaster().get(route + "/" + id).then().statusCode(200).body("access_group_name", equalTo(name));
        assertThat(Api.asMaster().get(route).jsonPath().getList("access_group_id"))
                .contains(id);
        Api.asMaster().delete(route + "/" + id).then().statusCode(204);
        Api.asMaster().get(route + "/" + id).then().statusCode(404);
    }

    @Test
    void badInputIsRefusedByName() {
        var taken = group();

        refused(422, "access_group_name", body());
        refused(409, "access_group_name", body("access_group_name", taken.name()));
        refused(400, "access_group_name", body("access_group_name", "gpt-*"));
        refused(400, "access_group_name", body("access_group_name", "all-proxy-models"));
        refused(
                400,
                "access_model_names",
                body("access_group_name", "g", "access_model_names", List.of("all-team-models")));
        refused(404, "assigned_team_ids", body("access_group_name", "g", "assigned_team_ids", List.of("no-team")));
        refused(404, "assigned_key_ids", body("access_group_name", "g", "assigned_key_ids", List.of("no-key")));
        refused(400, "access_agent_ids", body("access_group_name", "g", "access_agent_ids", List.of("a")));
        refused(400, "access_mcp_server_ids", body("access_group_name", "g", "access_mcp_server_ids", List.of("m")));
        assertThat(update(group(), "access_group_name", taken.name()).statusCode())
                .isEqualTo(409);
        assertThat(update(taken, "access_group_name", null).statusCode()).isEqualTo(422);
        assertThat(update(new Group("none", ""), "description", "x").statusCode())
                .isEqualTo(404);
        Api.asMaster().delete(ROUTE + "/none").then().statusCode(404);
    }

    private static void refused(int status, String field, Map<String, Object> body) {
        Api.asMaster().post(ROUTE, body).then().statusCode(status).body("error.param", equalTo(field));
    }

    @Test
    void anUpdateLeavesWhatIsAbsentAndClearsWhatIsNull() {
        var team = Given.team();
        var key = Given.key();
        var group = group(
                "description",
                "d",
                "access_model_names",
                List.of("o3"),
                "assigned_team_ids",
                List.of(team),
                "assigned_key_ids",
                List.of(key));

        update(group, "description", null)
                .then()
                .statusCode(200)
                .body("description", nullValue())
                .body("access_model_names", equalTo(List.of("o3")))
                .body("assigned_team_ids", equalTo(List.of(team)))
                .body("assigned_key_ids", equalTo(List.of(token(key))));
        update(group, "assigned_team_ids", null)
                .then()
                .body("assigned_team_ids", empty())
                .body("assigned_key_ids", equalTo(List.of(token(key))));
        update(group, "assigned_key_ids", List.of())
                .then()
                .body("assigned_key_ids", empty())
                .body("access_model_names", equalTo(List.of("o3")));
        update(group, "access_model_names", null).then().body("access_model_names", empty());
    }

    @Test
    void aListThatNamesAGroupAllowsItsModelsAsTheyAreNow() {
        var group = group("access_model_names", List.of("gpt-4o"));
        var key = Given.key("models", List.of(group.name(), "o3"));
        assertThat(allowed(key, "gpt-4o")).isTrue();
        assertThat(allowed(key, "o3")).isTrue();
        assertThat(allowed(key, "o4")).isFalse();

        update(group, "access_model_names", List.of("o4"));

        assertThat(allowed(key, "gpt-4o")).isFalse();
        assertThat(allowed(key, "o4")).isTrue();

        update(group, "access_group_name", Given.unique("renamed"));

        assertThat(allowed(key, "o4")).isFalse();
        assertThat(allowed(key, "o3")).isTrue();
    }

    @Test
    void everyLevelMayNameAGroup() {
        var group = group("access_model_names", List.of("gpt-4o"));
        var models = List.of(group.name());
        var organization = Given.organization("models", models);
        var ofOrganization = Given.key("organization_id", organization);
        var ofTeam = Given.key("team_id", Given.team("models", models));
        var user = Given.user("models", models);
        var ofUser = Given.key("user_id", user);
        var team = Given.team();
        Api.asMaster()
                .create("/team/member_add", body("team_id", team, "member", Map.of("user_id", user, "role", "user")));
        StoreAccess.execute(
                "update team_membership set models = array[?] where team_id = ? and user_id = ?",
                group.name(),
                team,
                user);
        var ofMember = Given.key("team_id", team, "user_id", user);
        var keys = List.of(ofOrganization, ofTeam, ofUser, ofMember);
        assertThat(keys).allMatch(key -> allowed(key, "gpt-4o")).noneMatch(key -> allowed(key, "o3"));

        update(group, "access_model_names", List.of("o3"));

        assertThat(keys).allMatch(key -> allowed(key, "o3")).noneMatch(key -> allowed(key, "gpt-4o"));
    }

    @Test
    void aGroupMadeLaterIsTrueForTheListsThatNameItAlready() {
        var name = Given.unique("later");
        var key = Given.key("models", List.of(name));
        assertThat(allowed(key, "gpt-4o")).isFalse();

        group("access_group_name", name, "access_model_names", List.of("gpt-*"));

        assertThat(allowed(key, "gpt-4o")).isTrue();
        assertThat(allowed(key, "o3")).isFalse();
    }

    @Test
    void anAssignedGroupIsAllThatAnEmptyListAllows() {
        var key = Given.key();
        var team = Given.team();
        var ofTeam = Given.key("team_id", team);
        assertThat(allowed(key, "o3")).isTrue();

        var group = group(
                "access_model_names",
                List.of("gpt-4o"),
                "assigned_key_ids",
                List.of(key),
                "assigned_team_ids",
                List.of(team));

        for (var one : List.of(key, ofTeam)) {
            assertThat(allowed(one, "gpt-4o")).isTrue();
            assertThat(allowed(one, "o3")).isFalse();
        }
        update(group, "access_model_names", List.of());
        for (var one : List.of(key, ofTeam)) {
            assertThat(allowed(one, "gpt-4o")).isFalse();
        }
        update(group, "assigned_key_ids", List.of(), "assigned_team_ids", List.of());
        for (var one : List.of(key, ofTeam)) {
            assertThat(allowed(one, "o3")).isTrue();
        }
    }

    @Test
    void aDeletedGroupLeavesItsTeamsAndKeysWithLessAndNeverWithMore() {
        var only = Given.key();
        var more = Given.key("models", List.of("o3"));
        var team = Given.team();
        var ofTeam = Given.key("team_id", team);
        var named = group(
                "access_model_names",
                List.of("gpt-4o"),
                "assigned_team_ids",
                List.of(team),
                "assigned_key_ids",
                List.of(only, more));
        var byName = Given.key("models", List.of(named.name()));
        var keys = List.of(only, more, ofTeam, byName);
        assertThat(keys).allMatch(key -> allowed(key, "gpt-4o"));

        Api.asMaster().delete(ROUTE + "/" + named.id()).then().statusCode(204);

        assertThat(keys).noneMatch(key -> allowed(key, "gpt-4o"));
        assertThat(allowed(more, "o3")).isTrue();
        assertThat(allowed(only, "o3")).isFalse();
        Api.asMaster()
                .get("/team/info", Map.of("team_id", team))
                .then()
                .body("team_info.access_group_ids", empty())
                .body("team_info.models", equalTo(List.of("no-default-models")));
        Api.asMaster().get("/key/info", Map.of("key", more)).then().body("info.access_group_ids", empty());
    }

    @Test
    void aTeamWithAGroupMayHaveKeysForItsModels() {
        var team = Given.team();
        group("access_model_names", List.of("gpt-4o"), "assigned_team_ids", List.of(team));

        assertThat(allowed(Given.key("team_id", team, "models", List.of("gpt-4o")), "gpt-4o"))
                .isTrue();
        Api.asMaster()
                .post("/key/generate", body("team_id", team, "models", List.of("o3")))
                .then()
                .statusCode(400)
                .body("error.param", equalTo("models"));
    }

    /** Neither sees the other's row before both are committed. */
    @RepeatedTest(10)
    void aKeyThatNamesAGroupWhileItChangesHasItsNewModels() {
        var group = group("access_model_names", List.of("gpt-4o"));
        var secret = "sk-" + Given.unique("race");
        var made = Calls.to(RestAssured.port)
                .postAsync("/key/generate", "{\"key\": \"%s\", \"models\": [\"%s\"]}".formatted(secret, group.name()));
        var changed = CompletableFuture.supplyAsync(
                () -> update(group, "access_model_names", List.of("o3")).statusCode());

        assertThat(made.join().status()).isEqualTo(200);
        allowed(secret, "o3");
        assertThat(changed.join()).isEqualTo(200);

        assertThat(allowed(secret, "o3")).isTrue();
        assertThat(allowed(secret, "gpt-4o")).isFalse();
    }

    @Test
    void groupsThatAreAssignedToTheSameTeamsAtOnceAreAllAssigned() {
        var teams = Stream.generate(Given::team).limit(5).toList();
        var reversed = teams.stream().sorted(Comparator.reverseOrder()).toList();
        var groups = Stream.generate(AccessGroupsTest::group).limit(8).toList();

        var answers = IntStream.range(0, groups.size())
                .mapToObj(n -> CompletableFuture.supplyAsync(() -> update(
                        groups.get(n),
                        "assigned_team_ids",
                        n % 2 == 0 ? teams : reversed,
                        "access_model_names",
                        List.of("model-" + n))))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .map(Response::statusCode)
                .toList();

        assertThat(answers).containsOnly(200);
        for (var team : teams) {
            assertThat(Api.asMaster()
                            .get("/team/info", Map.of("team_id", team))
                            .jsonPath()
                            .getList("team_info.access_group_ids"))
                    .containsExactlyInAnyOrderElementsOf(
                            groups.stream().map(Group::id).toList());
        }
    }

    @Test
    void anOperatorsChangeByHandTouchesWhoeverNamesTheGroup() {
        var group = group("access_model_names", List.of("gpt-4o"));
        var key = Given.key("models", List.of(group.name()));
        var before = version(key);

        StoreAccess.execute("update access_group set models = array['o3'] where access_group_id = ?", group.id());

        assertThat(version(key)).isNotEqualTo(before);
    }

    private static String version(String key) {
        return StoreAccess.queryOne("select version from api_key where secret_hash = ?", token(key));
    }

    @Test
    void changesAreRecorded() {
        var group = group();
        update(group, "description", "d");
        Api.asMaster().delete(ROUTE + "/" + group.id());

        assertThat(StoreAccess.queryOne(
                        "select string_agg(action, ' ' order by at) from audit_log where object_kind = 'access_group' and object_id = ?",
                        group.id()))
                .isEqualTo("created updated deleted");
    }

    @Test
    void onlyProxyAdminsChangeGroupsAndViewersLook() {
        var group = group();

        Roles.onlyProxyAdmins(api -> api.post(ROUTE, body("access_group_name", "g")), false);
        Roles.onlyProxyAdmins(api -> api.delete(ROUTE + "/" + group.id()), false);
        Roles.onlyProxyAdmins(api -> api.get(ROUTE + "/" + group.id()), true);
        Roles.onlyProxyAdmins(api -> api.get(ROUTE), true);
        assertThat(put(Roles.keyOfOrganizationAdmin(), group.id(), body("description", "x"))
                        .statusCode())
                .isEqualTo(403);
    }

    /** Each list is held by somebody else until both calls wait: whoever came to it first must not wait for the other one. */
    @ParameterizedTest
    @ValueSource(strings = {"organization", "team", "app_user", "api_key"})
    void a_group_and_a_list_that_names_it_change_at_the_same_time_and_neither_is_refused(String table)
            throws Exception {
        var group = group("access_model_names", List.of("gpt-4o"));
        var names = List.of(group.name(), "o3");
        Supplier<Response> change =
                switch (table) {
                    case "organization" -> {
                        var id = Given.organization("models", names);
                        yield () -> Api.asMaster()
                                .patch("/organization/update", body("organization_id", id, "models", List.of("o3")));
                    }
                    case "team" -> {
                        var id = Given.team("models", names);
                        yield () -> Api.asMaster().post("/team/update", body("team_id", id, "models", List.of("o3")));
                    }
                    case "app_user" -> {
                        var id = Given.user("models", names);
                        yield () -> Api.asMaster().post("/user/update", body("user_id", id, "models", List.of("o3")));
                    }
                    default -> {
                        var key = Given.key("models", names);
                        yield () -> Api.asMaster().post("/key/update", body("key", key, "models", List.of("o3")));
                    }
                };
        try (var other = StoreAccess.database()) {
            other.setAutoCommit(false);
            try (var lock =
                    other.prepareStatement("select from " + table + " where models && array[?::text] for update")) {
                lock.setString(1, group.name());
                lock.execute();
            }
            var changing = CompletableFuture.supplyAsync(change);
            awaitWaiting(1);
            var granting = CompletableFuture.supplyAsync(() -> update(group, "access_model_names", List.of("o3")));
            awaitWaiting(2);
            other.rollback();

            assertThat(changing.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            assertThat(granting.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
    }

    private static void awaitWaiting(int calls) throws InterruptedException {
        for (int i = 0; i < 1_000; i++) {
            var waiting = StoreAccess.queryOne("select count(*) from pg_stat_activity where wait_event_type = 'Lock'");
            if (Integer.parseInt(waiting) >= calls) {
                return;
            }
            Thread.sleep(5);
        }
        throw new AssertionError("fewer than " + calls + " calls wait for a lock");
    }
}
