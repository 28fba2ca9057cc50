package io.tenantry.identity;

import static io.restassured.RestAssured.given;
import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.AuditProbe;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.tenantry.testing.TestTokens;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.keys.HmacKey;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TokenCallersTest {

    @Test
    void a_known_user_acts_with_its_role_and_memberships() {
        var organization = Given.organization();
        var user = Given.user("user_role", "internal_user");
        WalkedTenant.joinOrganization(organization, user, "org_admin");
        var caller = Api.as(TestTokens.token("sub", user));

        var team = caller.create("/team/new", body("organization_id", organization, "team_alias", Given.unique("t")));

        assertThat(caller.get("/organization/info", Map.of("organization_id", organization))
                        .statusCode())
                .isEqualTo(200);
        assertThat(caller.get("/organization/info", Map.of("organization_id", Given.organization()))
                        .statusCode())
                .isEqualTo(404);
        assertThat(StoreAccess.queryOne(
                        "select actor_user_id from audit_log where object_kind = 'team' and object_id = ?",
                        team.getString("team_id")))
                .isEqualTo(user);
    }

    @Test
    void scopes_and_roles_of_the_provider_become_ours() {
        assertThat(mayCreate(TestTokens.token("sub", "an-admin", "scope", "openid litellm_proxy_admin")))
                .isTrue();
        assertThat(mayCreate(TestTokens.token("sub", "a-list", "scope", List.of("openid", "litellm_proxy_admin"))))
                .isTrue();
        var viewer = TestTokens.token("sub", "a-viewer", "realm_access", Map.of("roles", List.of("ops", "staff")));
        assertThat(mayCreate(viewer)).isFalse();
        assertThat(Api.as(viewer).get("/audit").statusCode()).isEqualTo(200);
        var user = Given.user("user_role", "proxy_admin");
        assertThat(mayCreate(TestTokens.token("sub", user))).isTrue();
        // what the token says of the role goes before what is stored
        assertThat(mayCreate(TestTokens.token("sub", user, "realm_access", Map.of("roles", List.of("guest")))))
                .isFalse();
    }

    @Test
    void a_gateways_token_asks_for_admissions_and_nothing_else() {
        var key = Given.key();
        for (var gateway : List.of(
                TestTokens.token("sub", "edge-1", "scope", "tenantry_gateway"),
                TestTokens.token("sub", "edge-2", "realm_access", Map.of("roles", List.of("edge"))))) {
            var admission = Api.as(gateway).create("/v1/admissions", Admissions.request(key));
            assertThat(admission.getBoolean("admitted")).isTrue();
            assertThat(Api.as(gateway).get("/key/list").statusCode()).isEqualTo(403);
        }
        var user = TestTokens.token("sub", Given.user());
        assertThat(Api.as(user).post("/v1/admissions", Admissions.request(key)).statusCode())
                .isEqualTo(403);
    }

    @Test
    void an_unknown_user_of_our_domains_is_made_once_and_recorded() {
        var user = Given.unique("newcomer");
        var token = TestTokens.token("sub", user, "email", user + "@Example.org");

        Api.as(token).get("/user/info").then().statusCode(200);
        Api.as(token).get("/key/list").then().statusCode(200);

        assertThat(StoreAccess.queryOne("select user_role from app_user where user_id = ?", user))
                .isEqualTo("internal_user");
        AuditProbe.assertRecorded("user", user, "created", token);
    }

    @Test
    void an_unknown_user_of_another_domain_is_refused_in_words() {
        var user = Given.unique("stranger");

        for (var token : List.of(
                TestTokens.token("sub", user, "email", user + "@elsewhere.test"),
                TestTokens.token("sub", user, "email", user + "@example.org.elsewhere.test"),
                TestTokens.token("sub", user, "email", user + "@example.org", "email_verified", false),
                TestTokens.token("sub", user))) {
            var answer = Api.as(token).get("/user/info");
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.jsonPath().getString("error.message")).contains(user, "tenantry.jwt.user-upsert");
        }
        assertThat(StoreAccess.queryOne("select user_id from app_user where user_id = ?", user))
                .isNull();
    }

    @Test
    void a_user_is_found_by_address_when_the_id_is_the_providers_own() {
        var email = Given.unique("kim") + "@example.org";
        var user = Given.user("user_email", email);

        var answer = Api.as(TestTokens.token("sub", Given.unique("oidc"), "email", email))
                .get("/user/info");

        assertThat(answer.jsonPath().getString("user_id")).isEqualTo(user);
    }

    @Test
    void a_user_joins_the_teams_and_the_organization_that_the_token_names() {
        var organization = Given.organization();
        var team = Given.team("organization_id", organization);
        var other = Given.team();
        var user = Given.user("user_role", "internal_user");
        var caller = Api.as(
                TestTokens.token("sub", user, "groups", List.of(team, other, "no-such-team"), "org", organization));

        var seen = caller.get("/team/list").jsonPath().getList("team_id", String.class);
        caller.get("/team/list").then().statusCode(200);

        assertThat(seen).containsExactlyInAnyOrder(team, other);
        assertThat(StoreAccess.queryOne(
                        "select user_role from organization_membership where organization_id = ? and user_id = ?",
                        organization,
                        user))
                .isEqualTo("internal_user");
        AuditProbe.assertRecorded("team_member", team + "/" + user, "created");
        AuditProbe.assertRecorded("organization_member", organization + "/" + user, "created");
    }

    @Test
    void a_token_without_a_user_speaks_for_its_team() {
        var team = Given.team();
        var caller = Api.as(TestTokens.token("sub", Given.unique("job"), "team", team));

        assertThat(caller.get("/team/info", Map.of("team_id", team)).statusCode())
                .isEqualTo(200);
        assertThat(caller.post("/key/generate", body("team_id", team)).statusCode())
                .isEqualTo(403);
    }

    @Test
    void an_unknown_team_or_organization_is_refused_in_words() {
        var user = Given.user();
        assertRefused(TestTokens.token("sub", user, "team", "no-such-team"), "no-such-team");
        assertRefused(TestTokens.token("sub", user, "groups", List.of("gone-1", "gone-2")), "gone-1, gone-2");
        assertRefused(TestTokens.token("sub", user, "org", "no-such-org"), "no-such-org");
    }

    @Test
    void the_caller_chooses_among_the_teams_of_the_token() {
        var one = Given.team();
        var two = Given.team();
        var token = TestTokens.token("sub", Given.unique("job"), "groups", List.of(one, two));

        assertThat(infoChoosing(token, two, two).statusCode()).isEqualTo(200);
        assertThat(infoChoosing(token, Given.team(), two).statusCode()).isEqualTo(403);
        // two teams and no choice: the token speaks for none
        assertRefused(token, "names no team");
    }

    @Test
    void a_block_counts_at_once_although_the_token_is_still_good() {
        var user = Given.user("user_role", "internal_user");
        var token = TestTokens.token("sub", user);
        Api.as(token).get("/key/list").then().statusCode(200);

        StoreAccess.execute("update app_user set blocked = true where user_id = ?", user);

        Api.as(token).get("/key/list").then().statusCode(401);
    }

    @Test
    void a_token_that_is_not_meant_for_us_is_refused() {
        var user = Given.user("user_role", "proxy_admin");
        assertRefused(TestTokens.token("sub", user, "aud", "another-application"), "aud");
        assertRefused(TestTokens.token("sub", user, "aud", null), "aud");
        assertRefused(TestTokens.token("sub", user, "iss", "https://elsewhere.test"), "iss");
        assertRefused(TestTokens.token("sub", user, "iss", null), "iss");
    }

    @Test
    void time_counts_with_a_little_patience_for_clocks() {
        var user = Given.user("user_role", "internal_user");
        var now = Instant.now().getEpochSecond();
        assertRefused(TestTokens.token("sub", user, "exp", now - 120), "Token Expired");
        assertRefused(TestTokens.token("sub", user, "nbf", now + 120), "nbf");
        assertRefused(TestTokens.token("sub", user, "exp", null), "exp");
        Api.as(TestTokens.token("sub", user, "exp", now - 5))
                .get("/key/list")
                .then()
                .statusCode(200);
        Api.as(TestTokens.token("sub", user, "nbf", now + 5))
                .get("/key/list")
                .then()
                .statusCode(200);
    }

    @Test
    void a_token_that_was_not_signed_by_the_provider_is_refused() throws Exception {
        var claims = TestTokens.claims("sub", Given.user("user_role", "proxy_admin"), "scope", "litellm_proxy_admin");
        var good = TestTokens.token("sub", "x", "scope", "litellm_proxy_admin");
        var parts = good.split("\\.");
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);

        var unsigned = TestTokens.signed(claims, AlgorithmIdentifiers.NONE, null, null);
        var publicAsSecret = TestTokens.signed(
                claims,
                AlgorithmIdentifiers.HMAC_SHA256,
                new HmacKey(TestTokens.publicPem().getBytes(StandardCharsets.US_ASCII)),
                null);
        var publicBytesAsSecret = TestTokens.signed(
                claims,
                AlgorithmIdentifiers.HMAC_SHA256,
                new HmacKey(TestTokens.publicKey().getEncoded()),
                null);
        var somebodyElses = TestTokens.signed(
                claims,
                AlgorithmIdentifiers.RSA_USING_SHA256,
                generator.generateKeyPair().getPrivate(),
                null);
        var otherClaims = parts[0] + "." + unsigned.split("\\.")[1] + "." + parts[2];
        var cutOff = parts[0] + "." + parts[1] + ".";

        for (var bad :
                List.of(unsigned, publicAsSecret, publicBytesAsSecret, somebodyElses, otherClaims, cutOff, "eyJ.a.b")) {
            assertRefused(bad, "Validation fails");
            assertThat(Api.as(bad)
                            .post("/v1/admissions", Admissions.request("sk-x"))
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    private static boolean mayCreate(String token) {
        return Api.as(token)
                        .post("/organization/new", body("organization_alias", Given.unique("o")))
                        .statusCode()
                == 200;
    }

    private static Response infoChoosing(String token, String wanted, String asked) {
        return given().header("Authorization", "Bearer " + token)
                .header("x-litellm-team-id", wanted)
                .queryParam("team_id", asked)
                .get("/team/info");
    }

    private static void assertRefused(String token, String why) {
        var answer = Api.as(token).get("/key/list");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(401);
        assertThat(answer.jsonPath().getString("error.message")).contains(why);
    }
}
