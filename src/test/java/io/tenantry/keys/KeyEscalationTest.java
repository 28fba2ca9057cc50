package io.tenantry.keys;

import static io.restassured.RestAssured.given;
import static io.tenantry.keys.KeyFixtures.issue;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody might try in order to get more than was given. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class KeyEscalationTest {

    private static final Object[] CONFINED = {
        "models", List.of("small"),
        "max_budget", 5,
        "budget_duration", "1mo",
        "tpm_limit", 10,
        "rpm_limit", 10,
        "max_parallel_requests", 2,
        "model_rpm_limit", Map.of("small", 3),
        "model_tpm_limit", Map.of("small", 3),
        "allowed_routes", List.of("/key/update", "llm_api_routes"),
        "guardrails", List.of("no-secrets"),
        "tags", List.of("cost-centre-7"),
        "duration", "1h",
        "object_permission", Map.of("agents", List.of())
    };

    static Stream<Arguments> raises() {
        return Stream.of(
                Arguments.of("models", List.of("small", "big")),
                Arguments.of("models", List.of()),
                Arguments.of("models", null),
                Arguments.of("models", List.of("*")),
                Arguments.of("aliases", Map.of("small", "big")),
                Arguments.of("max_budget", 6),
                Arguments.of("max_budget", null),
                Arguments.of("budget_duration", "1d"),
                Arguments.of("budget_duration", null),
                Arguments.of("tpm_limit", 11),
                Arguments.of("tpm_limit", null),
                Arguments.of("rpm_limit", 11),
                Arguments.of("rpm_limit", null),
                Arguments.of("max_parallel_requests", 3),
                Arguments.of("max_parallel_requests", null),
                Arguments.of("model_rpm_limit", Map.of("small", 4)),
                Arguments.of("model_rpm_limit", null),
                Arguments.of("model_tpm_limit", Map.of()),
                Arguments.of("allowed_routes", List.of()),
                Arguments.of("allowed_routes", List.of("/*")),
                Arguments.of("key_type", "management"),
                Arguments.of("key_type", "gateway"),
                Arguments.of("guardrails", List.of()),
                Arguments.of("guardrails", null),
                Arguments.of("metadata", Map.of("innocent", true)),
                Arguments.of("tags", List.of("cost-centre-8")),
                Arguments.of("duration", "2h"),
                Arguments.of("duration", "-1"),
                Arguments.of("duration", null),
                Arguments.of("object_permission", null),
                Arguments.of("object_permission", Map.of("agents", List.of("admin"))),
                Arguments.of("blocked", true),
                Arguments.of("budget_id", null));
    }

    @ParameterizedTest
    @MethodSource("raises")
    void anOwnerDoesNotWidenTheOwnKey(String field, Object value) {
        var key = confined();
        var before = KeyFixtures.info(key.keyId()).<Object>get("info");

        refused(Api.as(key.secret()), "/key/update", "key", key.secret(), field, value);
        assertThat(KeyFixtures.info(key.keyId()).<Object>get("info")).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("raises")
    void aRotationIsNoWayAround(String field, Object value) {
        var key = confined();
        var other = Api.as(Given.key("user_id", KeyFixtures.info(key.keyId()).getString("info.user_id")));

        refused(other, "/key/" + key.keyId() + "/regenerate", field, value);
    }

    private static KeyFixtures.Issued confined() {
        var fields = Given.body(CONFINED);
        fields.put("user_id", Owners.user());
        fields.put("budget_id", Owners.budget(9_000_000_000L));
        return KeyFixtures.issued(Api.asMaster().create("/key/generate", fields));
    }

    private static void refused(Api caller, String path, Object... fields) {
        var status = caller.post(path, Given.body(fields)).statusCode();
        assertThat(status).as("%s with %s", path, Given.body(fields)).isIn(403, 404);
    }

    @Test
    void anOwnerMayNarrowTheOwnKey() {
        var user = Owners.user();
        var key =
                issue("user_id", user, "max_budget", 5, "tpm_limit", 10, "models", List.of("a", "b"), "duration", "2h");
        Api.as(key.secret())
                .create(
                        "/key/update",
                        Given.body(
                                "key",
                                key.secret(),
                                "max_budget",
                                4,
                                "tpm_limit",
                                0,
                                "rpm_limit",
                                7,
                                "models",
                                List.of("a"),
                                "duration",
                                "1h",
                                "key_alias",
                                Given.unique("mine"),
                                "metadata",
                                Map.of("note", "x")));
    }

    @Test
    void nobodyGivesHimselfATemporaryIncrease() {
        var user = Owners.user();
        var key = issue("user_id", user, "max_budget", 5);
        refused(
                Api.as(key.secret()),
                "/key/update",
                "key",
                key.secret(),
                "temp_budget_increase",
                5,
                "temp_budget_expiry",
                Instant.now().plusSeconds(60).toString());
        assertThat(Api.as(key.secret())
                        .post("/key/" + key.keyId() + "/reset_spend", Map.of("reset_to", 0))
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void keysAreNotMovedToOrFromSomebodyElse() {
        var me = Owners.user();
        var mine = issue("user_id", me);
        var victim = Owners.user();
        var caller = Api.as(mine.secret());
        var foreignTeam = Owners.team(Owners.organization());

        refused(caller, "/key/update", "key", mine.keyId(), "user_id", victim);
        refused(caller, "/key/update", "key", mine.keyId(), "user_id", null);
        refused(caller, "/key/update", "key", mine.keyId(), "team_id", foreignTeam);
        refused(caller, "/key/update", "key", mine.keyId(), "organization_id", Owners.organization());
        refused(caller, "/key/update", "key", mine.keyId(), "budget_id", Owners.budget(1));
        refused(caller, "/key/update", "key", issue("user_id", victim).keyId(), "user_id", me);
        refused(caller, "/key/update", "key", issue("team_id", foreignTeam).keyId(), "key_alias", "x");
        refused(caller, "/key/generate", "user_id", victim);
        refused(caller, "/key/service-account/generate", "team_id", foreignTeam);
        refused(caller, "/key/bulk_update", "keys", List.of(Map.of("key", mine.keyId(), "max_budget", 1)));
        refused(
                caller,
                "/team/key/bulk_update",
                "team_id",
                foreignTeam,
                "all_keys_in_team",
                true,
                "update_fields",
                Map.of("max_budget", 1));
    }

    @Test
    void aTeamKeyIsNotTakenOutOfItsTeamByItsOwnerOrItsTeamsAdmin() {
        var team = Given.team("max_budget", 5);
        var user = Owners.user();
        Owners.join(team, user, "user");
        var key = issue("user_id", user, "team_id", team);

        refused(Api.as(key.secret()), "/key/update", "key", key.keyId(), "team_id", null);
        refused(Api.as(Owners.keyOfTeamMember(team, "admin")), "/key/update", "key", key.keyId(), "team_id", null);
    }

    @Test
    void anAdminMovesKeysOnlyBetweenTeamsThatAreBothTheAdmins() {
        var organization = Owners.organization();
        var from = Owners.team(organization);
        var to = Owners.team(organization);
        var key = issue("team_id", from);
        var ofOne = Owners.user();
        Owners.join(from, ofOne, "admin");
        var ofOneOnly = Given.key("user_id", ofOne);

        assertThat(moved(ofOneOnly, key, to)).isEqualTo(404);
        Owners.join(to, ofOne, "user");
        assertThat(moved(ofOneOnly, key, to)).isEqualTo(403);
        assertThat(moved(Owners.keyOfOrganizationAdmin(organization), key, Owners.team(Owners.organization())))
                .isEqualTo(404);
        assertThat(moved(Owners.keyOfOrganizationAdmin(organization), key, to)).isEqualTo(200);
    }

    private static int moved(String caller, KeyFixtures.Issued key, String team) {
        return Api.as(caller)
                .post("/key/update", Map.of("key", key.keyId(), "team_id", team))
                .statusCode();
    }

    @Test
    void aTeamsAdminGrantsWithinTheTeamsCapsAndNoFurther() {
        var team = Given.team("max_budget", 10, "models", List.of("a", "b"));
        var user = Owners.user();
        Owners.join(team, user, "user");
        var key = issue("user_id", user, "team_id", team, "max_budget", 1, "models", List.of("a"));
        var admin = Api.as(Owners.keyOfTeamMember(team, "admin"));

        admin.create("/key/update", Given.body("key", key.keyId(), "max_budget", 10, "models", List.of("a", "b")));
        assertThat(admin.post("/key/update", Given.body("key", key.keyId(), "max_budget", 11))
                        .statusCode())
                .isEqualTo(400);
        assertThat(admin.post("/key/update", Given.body("key", key.keyId(), "models", List.of("c")))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aMemberWithThePermissionNarrowsTheTeamsKeysAndNoMore() {
        var team = Given.team("team_member_permissions", List.of("/key/update", "/key/regenerate"));
        var other = Owners.user();
        Owners.join(team, other, "user");
        var key = issue("team_id", team, "max_budget", 5);
        var ofOther = issue("team_id", team, "user_id", other);
        var member = Api.as(Owners.keyOfTeamMember(team, "user"));

        member.create("/key/update", Given.body("key", key.keyId(), "max_budget", 4));
        refused(member, "/key/update", "key", key.keyId(), "max_budget", 5);
        // the secret of somebody else's key would let its holder act as that user
        refused(member, "/key/" + ofOther.keyId() + "/regenerate");
        assertThat(member.post("/key/" + key.keyId() + "/regenerate", Map.of()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whoOnlyLooksChangesNothing() {
        for (var role : List.of("proxy_admin_viewer", "internal_user_viewer")) {
            var key = Given.keyOfUserWithRole(role);
            var caller = Api.as(key);
            refused(caller, "/key/update", "key", key, "key_alias", "x");
            refused(caller, "/key/" + key + "/regenerate");
            refused(caller, "/key/" + key + "/reset_spend", "reset_to", 0);
            refused(caller, "/key/block", "key", key);
            refused(caller, "/key/delete", "keys", List.of(key));
            refused(caller, "/key/bulk_update", "keys", List.of(Map.of("key", key)));
            refused(caller, "/key/service-account/generate", "team_id", "t");
        }
        refused(Api.as(Given.key()), "/key/update", "key", "x", "key_alias", "x");
    }

    @Test
    void aConfinedKeyGetsNoSecretOfAnUnconfinedOne() {
        var user = Owners.user();
        var unconfined = issue("user_id", user);
        var confined = Api.as(Given.key("user_id", user, "key_type", "management"));

        refused(confined, "/key/" + unconfined.keyId() + "/regenerate");
        refused(confined, "/key/generate", "allowed_routes", List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/key/info/../generate",
                "/key/info/%2e%2e/generate",
                "/key//info/../generate",
                "/v1/usage/../../key/generate"
            })
    void aConfinedKeyDoesNotGetOutByDotsInThePath(String path) {
        var confined = Given.key("user_id", Owners.user(), "allowed_routes", List.of("/key/info", "/v1/usage"));

        var answer = given().urlEncodingEnabled(false)
                .contentType(ContentType.JSON)
                .header("Authorization", "Bearer " + confined)
                .body(Map.of("allowed_routes", List.of("/key/info")))
                .post(path);

        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(403);
    }

    @Test
    void aKeyThatOnlyReadsRotatesNothingBelowTheRouteThatItReads() {
        var user = Given.user("user_role", "proxy_admin");
        var others = Given.key("key_type", "llm_api");
        for (var reader : List.of(
                Given.key("user_id", user, "key_type", "read_only"),
                Given.key("user_id", user, "allowed_routes", List.of("/key/info")))) {
            for (var path : List.of("/key/info/regenerate", "/key/info%2f/regenerate")) {
                assertThat(Api.as(reader).post(path, Map.of("key", others)).statusCode())
                        .as(path)
                        .isIn(400, 403);
            }
        }
    }

    @Test
    void aConfinedKeyMakesNoUnconfinedOneByMakingAUser() {
        var admin =
                Given.key("user_id", Given.user("user_role", "proxy_admin"), "allowed_routes", List.of("/user/new"));
        var name = "freed-" + UUID.randomUUID();

        refused(Api.as(admin), "/user/new", "user_id", name, "user_role", "proxy_admin");
        refused(
                Api.as(admin),
                "/user/new",
                "user_id",
                name,
                "teams",
                List.of(Map.of("team_id", Given.team(), "user_role", "admin")));

        Api.asMaster().get("/user/info?user_id=" + name).then().statusCode(404);
        Api.as(admin)
                .post("/user/new", Map.of("user_id", name, "user_role", "proxy_admin", "auto_create_key", false))
                .then()
                .statusCode(200);
        assertThat(Api.as(admin)
                        .create("/user/new", Map.of("user_id", name + "-2"))
                        .getString("key"))
                .startsWith("sk-");
    }

    @Test
    void anAliasOfAKeyLeadsToNoModelThatItsTeamDoesNotHave() {
        var team = Given.team("models", List.of("small"));
        Api.asMaster()
                .post("/key/generate", Map.of("team_id", team, "aliases", Map.of("small", "big")))
                .then()
                .statusCode(400);
    }
}
