package io.tenantry.keys;

import static io.tenantry.keys.KeyFixtures.issue;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ReadKeysTest {

    private static JsonPath get(String caller, String path, Object... query) {
        return Api.as(caller)
                .get(path, Given.body(query))
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();
    }

    private static List<String> tokens(String caller, Object... query) {
        return get(caller, "/key/list", query).getList("keys", String.class);
    }

    // -- several keys at once

    @Test
    void severalKeysAreShownByWhatTheyCostAndOthersLeftOut() {
        var cheap = issue();
        var dear = issue();
        KeyFixtures.spend(cheap.secret(), 1);
        KeyFixtures.spend(dear.secret(), 2);
        var named = List.of(cheap.secret(), dear.keyId(), "sk-no-such-key");

        var answer = Api.asMaster().create("/v2/key/info", Map.of("keys", named));

        assertThat(answer.getList("key")).isEqualTo(named);
        assertThat(answer.getList("info.token")).isEqualTo(List.of(dear.token(), cheap.token()));
        var mine = Owners.keyOfNewUser();
        assertThat(Api.as(mine)
                        .create("/v2/key/info", Map.of("keys", List.of(mine, dear.keyId())))
                        .getList("info"))
                .hasSize(1);
        Api.asMaster().post("/v2/key/info", Map.of()).then().statusCode(422);
        Api.asNobody().post("/v2/key/info", Map.of("keys", named)).then().statusCode(401);
    }

    // -- health

    @Test
    void aKeyThatWorksIsHealthyAndOneThatDoesNotIsRefused() {
        var key = Given.key();
        Api.as(key)
                .post("/key/health", Map.of())
                .then()
                .statusCode(200)
                .body("key", equalTo("healthy"))
                .body("$", hasKey("logging_callbacks"))
                .body("logging_callbacks", nullValue());
        Api.asMaster().create("/key/block", Map.of("key", key));
        Api.as(key).post("/key/health", Map.of()).then().statusCode(401);
    }

    // -- service accounts

    @Test
    void aServiceAccountBelongsToItsTeamAlone() {
        var team = Owners.team(Owners.organization());
        var answer = Api.asMaster()
                .create("/key/service-account/generate", Map.of("team_id", team, "user_id", Owners.user()));

        assertThat(answer.getString("team_id")).isEqualTo(team);
        assertThat(answer.getString("user_id")).isNull();
        assertThat(KeyFixtures.admitted(answer.getString("key"))).isTrue();
        Api.asMaster()
                .post("/key/service-account/generate", Map.of())
                .then()
                .statusCode(400)
                .body("error.param", equalTo("team_id"));
        Api.asMaster()
                .post("/key/service-account/generate", Map.of("team_id", "no-such-team"))
                .then()
                .statusCode(404);
    }

    @Test
    void adminsAndPermittedMembersMakeServiceAccounts() {
        var organization = Owners.organization();
        var team = Given.team(
                "organization_id", organization, "team_member_permissions", List.of("/key/service-account/generate"));
        var closed = Owners.team(null);

        assertThat(made(Owners.keyOfTeamMember(team, "user"), team)).isEqualTo(200);
        assertThat(made(Owners.keyOfTeamMember(team, "admin"), team)).isEqualTo(200);
        assertThat(made(Owners.keyOfOrganizationAdmin(organization), team)).isEqualTo(200);
        assertThat(made(Owners.keyOfTeamMember(closed, "user"), closed)).isEqualTo(403);
        assertThat(made(Owners.keyOfTeamMember(closed, "admin"), team)).isEqualTo(404);
        assertThat(Api.asNobody()
                        .post("/key/service-account/generate", Map.of("team_id", team))
                        .statusCode())
                .isEqualTo(401);
    }

    private static int made(String caller, String team) {
        return Api.as(caller)
                .post("/key/service-account/generate", Map.of("team_id", team))
                .statusCode();
    }

    // -- aliases

    @Test
    void aliasesArePagedSearchedAndWithinReach() {
        var organization = Owners.organization();
        var team = Owners.team(organization);
        var tag = Given.unique("T");
        Stream.of("b", "a", "c").forEach(name -> issue("team_id", team, "key_alias", tag + "-" + name));
        issue("key_alias", tag + "-a");

        var first = get(Api.MASTER_KEY, "/key/aliases", "search", tag.toLowerCase(), "size", 2);
        assertThat(first.getList("aliases")).isEqualTo(List.of(tag + "-a", tag + "-b"));
        assertThat(first.getInt("total_count")).isEqualTo(3);
        assertThat(first.getInt("total_pages")).isEqualTo(2);
        assertThat(first.getInt("size")).isEqualTo(2);
        assertThat(get(Api.MASTER_KEY, "/key/aliases", "search", tag, "size", 2, "page", 2)
                        .getList("aliases"))
                .isEqualTo(List.of(tag + "-c"));
        assertThat(get(Owners.keyOfTeamMember(team, "user"), "/key/aliases").getList("aliases"))
                .hasSize(3);
        assertThat(get(Owners.keyOfOrganizationAdmin(organization), "/key/aliases")
                        .getList("aliases"))
                .hasSize(3);
        assertThat(get(Owners.keyOfNewUser(), "/key/aliases").getList("aliases"))
                .isEmpty();
        // a percent sign is itself
        assertThat(get(Api.MASTER_KEY, "/key/aliases", "search", tag + "%").getList("aliases"))
                .isEmpty();
        for (var wrong : List.of(Map.of("size", 101), Map.of("size", 0), Map.of("page", 0), Map.of("page", "x"))) {
            Api.asMaster().get("/key/aliases", wrong).then().statusCode(422);
        }
        Api.asNobody().get("/key/aliases").then().statusCode(401);
    }

    // -- filters of the list

    @Test
    void partsOfAliasesAndTokensFindKeys() {
        var team = Owners.team(null);
        var tag = Given.unique("Part");
        var named = issue("team_id", team, "key_alias", tag + "-x");
        var other = issue("team_id", team);

        assertThat(tokens(Api.MASTER_KEY, "search", tag.toLowerCase())).isEqualTo(List.of(named.token()));
        assertThat(tokens(Api.MASTER_KEY, "search", other.token())).isEqualTo(List.of(other.token()));
        assertThat(tokens(Api.MASTER_KEY, "key_alias", tag)).isEmpty();
        assertThat(tokens(Api.MASTER_KEY, "key_alias", tag, "substring_matching", true))
                .isEqualTo(List.of(named.token()));
        assertThat(tokens(Owners.keyOfNewUser(), "search", tag)).isEmpty();
    }

    @Test
    void anAddressNamesAUserAndCannotBeProbed() {
        var address = Given.unique("kim") + "@example.org";
        var key = issue("user_id", Given.user("user_email", address));

        assertThat(tokens(Api.MASTER_KEY, "user_email", address.toUpperCase())).isEqualTo(List.of(key.token()));
        assertThat(tokens(Api.MASTER_KEY, "user_email", "nobody@example.org")).isEmpty();
        assertThat(tokens(key.secret(), "user_email", address)).isEqualTo(List.of(key.token()));
        var stranger = Api.as(Owners.keyOfNewUser());
        var known = stranger.get("/key/list", Map.of("user_email", address));
        var unknown = stranger.get("/key/list", Map.of("user_email", "nobody@example.org"));
        assertThat(known.statusCode()).isEqualTo(403);
        assertThat(known.asString()).isEqualTo(unknown.asString());
        Api.asMaster()
                .get("/key/list", Map.of("user_email", address, "user_id", "u"))
                .then()
                .statusCode(400);
    }

    @Test
    void thePermissionToListShowsATeammatesKeysInThatTeam() {
        var team = Given.team("team_member_permissions", List.of("/key/list"));
        var mate = Owners.user();
        Owners.join(team, mate, "user");
        var inTeam = issue("user_id", mate, "team_id", team);
        issue("user_id", mate);
        var caller = Owners.keyOfTeamMember(team, "user");

        assertThat(tokens(caller, "user_id", mate)).isEqualTo(List.of(inTeam.token()));
        assertThat(tokens(caller, "include_team_keys", true)).contains(inTeam.token());
    }

    @Test
    void theKeysOfAModelAccessGroupAreFound() {
        var key = issue();
        var group = Api.asMaster()
                .post(
                        "/v1/access_group",
                        Map.of(
                                "access_group_name",
                                Given.unique("group"),
                                "access_model_names",
                                List.of("gpt-4o"),
                                "assigned_key_ids",
                                List.of(key.token())))
                .then()
                .statusCode(201)
                .extract()
                .jsonPath()
                .getString("access_group_id");

        assertThat(tokens(Api.MASTER_KEY, "access_group_id", group)).isEqualTo(List.of(key.token()));
        assertThat(tokens(Api.MASTER_KEY, "access_group_id", "none")).isEmpty();
    }

    @Test
    void whatSomebodyMadeIsListedOnRequest() {
        var team = Owners.team(null);
        var user = Owners.user();
        Owners.join(team, user, "admin");
        var caller = Given.key("user_id", user);
        var service =
                KeyFixtures.issued(Api.as(caller).create("/key/service-account/generate", Map.of("team_id", team)));

        assertThat(tokens(caller)).doesNotContain(service.token());
        assertThat(tokens(caller, "include_created_by_keys", true)).contains(service.token());
        StoreAccess.execute("delete from team_membership where user_id = ?", user);
        assertThat(tokens(caller, "include_created_by_keys", true)).doesNotContain(service.token());
    }

    @Test
    void expandedRowsSayWhoseAKeyIsAndWhoMadeIt() {
        var address = Given.unique("kim") + "@example.org";
        var user = Given.user("user_email", address);
        var key = issue("user_id", user);

        var row = get(Api.MASTER_KEY, "/key/list", "user_id", user, "expand", "user");
        assertThat(row.getString("keys[0].token")).isEqualTo(key.token());
        assertThat(row.getString("keys[0].user.user_email")).isEqualTo(address);
        assertThat(row.getString("keys[0].created_by_user.user_id")).isEqualTo("default_user_id");
    }

    @Test
    void deletedKeysAreListedWithWhoDeletedThem() {
        var team = Owners.team(Owners.organization());
        var key = issue("team_id", team, "key_alias", "gone");
        var live = issue("team_id", team);
        Api.asMaster().create("/key/delete", Map.of("keys", List.of(key.secret())));

        assertThat(tokens(Api.MASTER_KEY, "status", "deleted", "team_id", team)).isEqualTo(List.of(key.token()));
        assertThat(tokens(Api.MASTER_KEY, "team_id", team)).isEqualTo(List.of(live.token()));
        var full = get(
                Owners.keyOfTeamMember(team, "admin"),
                "/key/list",
                "status",
                "deleted",
                "team_id",
                team,
                "return_full_object",
                true);
        assertThat(full.getString("keys[0].key_id")).isEqualTo(key.keyId());
        assertThat(full.getString("keys[0].status")).isEqualTo("deleted");
        assertThat(full.getString("keys[0].deleted_by")).isEqualTo("default_user_id");
        assertThat(full.getString("keys[0].deleted_at")).isNotNull();
        assertThat(tokens(Owners.keyOfNewUser(), "status", "deleted")).isEmpty();
    }
}
