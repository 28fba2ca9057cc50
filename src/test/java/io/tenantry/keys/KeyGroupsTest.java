package io.tenantry.keys;

import static io.tenantry.keys.KeyFixtures.info;
import static io.tenantry.keys.KeyFixtures.issue;
import static io.tenantry.keys.KeyFixtures.update;
import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Model access groups as a field of the key itself. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class KeyGroupsTest {

    private static String group(String... models) {
        return Api.asMaster()
                .post(
                        "/v1/access_group",
                        Map.of("access_group_name", Given.unique("group"), "access_model_names", List.of(models)))
                .then()
                .statusCode(201)
                .extract()
                .path("access_group_id");
    }

    private static boolean allowed(String key, String model) {
        return Api.asMaster()
                .create("/v1/admissions", request(key, "model", model))
                .getBoolean("admitted");
    }

    private static void assign(String group, String team) {
        RestAssured.given()
                .contentType(ContentType.JSON)
                .header("Authorization", "Bearer " + Api.MASTER_KEY)
                .body(Map.of("assigned_team_ids", List.of(team)))
                .put("/v1/access_group/" + group)
                .then()
                .statusCode(200);
    }

    @Test
    void aKeyThatIsMadeWithAGroupHasItsModelsAndNoOthers() {
        var group = group("small");

        var key = issue("access_group_ids", List.of(group, group));

        assertThat(allowed(key.secret(), "small")).isTrue();
        assertThat(allowed(key.secret(), "big")).isFalse();
        assertThat(info(key.keyId()).getList("info.access_group_ids")).isEqualTo(List.of(group));
        Api.asMaster().get("/v1/access_group/" + group).then().body("assigned_key_ids", equalTo(List.of(key.token())));
        Api.asMaster()
                .get("/key/list", Map.of("access_group_id", group))
                .then()
                .body("keys", equalTo(List.of(key.token())));
    }

    @Test
    void anUpdateReplacesGroupsAndLeavesThemWhereItDoesNotNameThem() {
        var key = issue("access_group_ids", List.of(group("small")), "models", List.of("tiny"));

        update("key", key.keyId(), "rpm_limit", 100);
        assertThat(allowed(key.secret(), "small")).isTrue();
        update("key", key.keyId(), "access_group_ids", List.of(group("big")));
        assertThat(allowed(key.secret(), "big")).isTrue();
        assertThat(allowed(key.secret(), "small")).isFalse();
        update("key", key.keyId(), "access_group_ids", null);

        assertThat(info(key.keyId()).getList("info.access_group_ids")).isEmpty();
        assertThat(allowed(key.secret(), "big")).isFalse();
        assertThat(allowed(key.secret(), "tiny")).isTrue();
    }

    @Test
    void aGroupThatDoesNotExistIsNotFoundAndNothingIsChanged() {
        var key = issue("rpm_limit", 5);
        for (var path : List.of("/key/generate", "/key/update")) {
            Api.asMaster()
                    .post(
                            path,
                            Map.of(
                                    "key",
                                    path.endsWith("update") ? key.keyId() : "sk-" + Given.unique("no-group"),
                                    "rpm_limit",
                                    6,
                                    "access_group_ids",
                                    List.of("no-such-group")))
                    .then()
                    .statusCode(404)
                    .body("error.param", equalTo("access_group_ids"));
        }
        assertThat(info(key.keyId()).getInt("info.rpm_limit")).isEqualTo(5);
    }

    @Test
    void aTeamAdminAssignsTheTeamsGroupsOnly() {
        var team = Owners.team(null);
        var ours = group("small");
        var foreign = group("big");
        assign(ours, team);
        var admin = Api.as(Owners.keyOfTeamMember(team, "admin"));

        var key = KeyFixtures.issued(
                admin.create("/key/generate", Map.of("team_id", team, "access_group_ids", List.of(ours))));
        admin.create("/key/update", Map.of("key", key.keyId(), "access_group_ids", List.of()));
        admin.create("/key/update", Map.of("key", key.keyId(), "access_group_ids", List.of(ours)));

        for (var path : List.of("/key/generate", "/key/update")) {
            admin.post(
                            path,
                            path.endsWith("update")
                                    ? Map.of("key", key.keyId(), "access_group_ids", List.of(ours, foreign))
                                    : Map.of("team_id", team, "access_group_ids", List.of(foreign)))
                    .then()
                    .statusCode(404)
                    .body("error.param", equalTo("access_group_ids"));
        }
        // what a proxy admin assigned may be sent back with it
        update("key", key.keyId(), "access_group_ids", List.of(ours, foreign));
        admin.create("/key/update", Map.of("key", key.keyId(), "access_group_ids", List.of(foreign, ours)));
    }

    @Test
    void anOwnerNeitherTakesNorDropsGroups() {
        var user = Owners.user();
        var key = issue("user_id", user, "access_group_ids", List.of(group("small")), "models", List.of("small"));
        for (var groups : List.of(List.of(), List.of(group("big")))) {
            Api.as(key.secret())
                    .post("/key/update", Map.of("key", key.keyId(), "access_group_ids", groups))
                    .then()
                    .statusCode(403)
                    .body("error.param", equalTo("access_group_ids"));
        }
    }

    @Test
    void aGroupThatIsDeletedMeanwhileIsNeverLeftOnAKey() {
        var key = issue("models", List.of("tiny"));
        for (int round = 0; round < 5; round++) {
            var group = group("small");
            var racing = Stream.concat(
                            IntStream.range(0, 4)
                                    .mapToObj(n -> CompletableFuture.runAsync(() -> Api.asMaster()
                                            .post(
                                                    "/key/update",
                                                    Map.of("key", key.keyId(), "access_group_ids", List.of(group))))),
                            Stream.of(CompletableFuture.runAsync(
                                    () -> Api.asMaster().delete("/v1/access_group/" + group))))
                    .toList();
            racing.forEach(CompletableFuture::join);

            assertThat(info(key.keyId()).getList("info.access_group_ids")).doesNotContain(group);
        }
    }
}
