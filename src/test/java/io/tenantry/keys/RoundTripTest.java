package io.tenantry.keys;

import static io.tenantry.testing.Given.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.keys.KeyFixtures.Issued;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What was read can be sent back as it is, by a form or a script, and changes nothing. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class RoundTripTest {

    private static final Map<String, Object> EVERYTHING = body(
            "models",
            List.of("m"),
            "aliases",
            Map.of("a", "m"),
            "max_budget",
            3,
            "budget_duration",
            "1d",
            "tpm_limit",
            5,
            "rpm_limit",
            100,
            "max_parallel_requests",
            2,
            "metadata",
            Map.of("x", 1, "tags", List.of("t")),
            "guardrails",
            List.of("g"),
            "model_rpm_limit",
            Map.of("m", 100),
            "allowed_routes",
            List.of("/key/info", "/key/update", "llm_api_routes"),
            "duration",
            "1d",
            "budget_limits",
            List.of(Map.of("budget_duration", "1d", "max_budget", 2)),
            "model_max_budget",
            Map.of("m", Map.of("max_budget", 1, "budget_duration", "1d")));

    private static Map<String, Object> row(String key) {
        return new HashMap<>(KeyFixtures.info(key).getMap("info"));
    }

    private static void comesBackUnchanged(Api caller, Issued key) {
        var row = row(key.keyId());
        var request = new HashMap<>(row);
        request.put("key", key.keyId());

        caller.post("/key/update", request).then().statusCode(200);

        var after = row(key.keyId());
        for (var own : List.of("updated_at", "updated_by")) {
            row.remove(own);
            after.remove(own);
        }
        assertThat(after).isEqualTo(row);
    }

    @Test
    void aKeyIsReadAndSentBackByAnAdmin() {
        var organization = Given.organization();
        var fields = new HashMap<>(EVERYTHING);
        fields.put("object_permission", Map.of("agents", List.of("x")));
        fields.put("team_id", Given.team("organization_id", organization));
        var key = KeyFixtures.issued(Api.asMaster().create("/key/generate", fields));
        KeyFixtures.update("key", key.keyId(), "tpm_limit", null);
        Api.asMaster()
                .create(
                        "/v1/usage",
                        Map.of(
                                "uses",
                                List.of(body(
                                        "request_id",
                                        Given.unique("use"),
                                        "api_key",
                                        key.secret(),
                                        "model",
                                        "m",
                                        "input_tokens",
                                        1,
                                        "output_tokens",
                                        1,
                                        "cost_usd",
                                        0.25))));

        comesBackUnchanged(Api.asMaster(), key);
        comesBackUnchanged(Api.as(Owners.keyOfOrganizationAdmin(organization)), key);
    }

    @Test
    void aKeyIsReadAndSentBackByItsOwner() {
        var user = Owners.user();
        var team = Given.team("organization_id", Given.organization());
        Owners.join(team, user, "user");
        var owner = Api.as(Given.key("user_id", user));

        comesBackUnchanged(owner, KeyFixtures.issue("user_id", user, "team_id", team));
        var fields = new HashMap<>(EVERYTHING);
        fields.put("user_id", user);
        fields.put("object_permission", Map.of("agents", List.of("x"), "vector_stores", List.of()));
        comesBackUnchanged(owner, KeyFixtures.issued(Api.asMaster().create("/key/generate", fields)));
        comesBackUnchanged(owner, KeyFixtures.issue("user_id", user, "budget_id", Owners.budget(1_000_000_000L)));
    }

    @Test
    void aUserIsReadAndSentBack() {
        var team = Given.team();
        var user = Given.user(
                "user_email",
                Given.unique("back") + "@example.org",
                "teams",
                List.of(team),
                "max_budget",
                5,
                "budget_duration",
                "1d",
                "models",
                List.of("m"),
                "metadata",
                Map.of("a", 1),
                "object_permission",
                Map.of("agents", List.of("x")));
        for (var path : List.of("/user/info", "/v2/user/info")) {
            var answer = Api.asMaster().get(path, Map.of("user_id", user)).jsonPath();
            Map<String, Object> row = answer.getMap(path.equals("/user/info") ? "user_info" : "$");
            Api.asMaster().post("/user/update", row).then().statusCode(200);
            Map<String, Object> after = Api.asMaster()
                    .get(path, Map.of("user_id", user))
                    .jsonPath()
                    .getMap(path.equals("/user/info") ? "user_info" : "$");
            row.remove("updated_at");
            after.remove("updated_at");
            assertThat(after).isEqualTo(row);
        }
    }

    @Test
    void otherTeamsAndAnotherSpendAreStillRefused() {
        var user = Given.user("teams", List.of(Given.team()));
        for (var field : List.of("teams", "spend")) {
            Api.asMaster()
                    .post(
                            "/user/update",
                            body("user_id", user, field, field.equals("teams") ? List.of(Given.team()) : (Object) 0.5))
                    .then()
                    .statusCode(400)
                    .body("error.param", equalTo(field));
        }
    }
}
