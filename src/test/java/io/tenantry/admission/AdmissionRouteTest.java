package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.BothWays;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The short way that admissions take, and the resource that takes what is unusual (here: bodies in chunks), answer alike. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class AdmissionRouteTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String PATH = "/v1/admissions";

    /** The same admission, asked for again: the same answer, word for word. */
    private JsonNode sameBothWays(Map<String, Object> request) throws Exception {
        var answer = BothWays.alike(PATH, JSON.writeValueAsString(request));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    @Test
    void an_admission_with_every_kind_of_limit_is_told_alike() throws Exception {
        var organization = Given.organization("max_budget", 0.000001234, "rpm_limit", 1_000);
        var team = Given.team(
                "organization_id",
                organization,
                "max_budget",
                0.0000012,
                "soft_budget",
                0.0000001,
                "budget_duration",
                "1d",
                "metadata",
                Map.of("cost_center", Map.of("number", 7)),
                "max_parallel_requests",
                9);
        var key = Given.key(
                "team_id",
                team,
                "rpm_limit",
                60,
                "tpm_limit",
                9_000,
                "model_rpm_limit",
                Map.of("gpt-4o", 10),
                "tags",
                List.of("search"));

        var answer = sameBothWays(
                Admissions.request(key, "estimated_cost_usd", 0.0000005, "end_user", "c \"17\"", "tags", List.of("é")));

        assertThat(answer.get("admitted").booleanValue()).isTrue();
        assertThat(answer.get("warnings")).isNotEmpty();
        assertThat(answer.get("limits").findValuesAsText("kind"))
                .contains("requests", "tokens", "budget", "max_parallel_requests");
    }

    @Test
    void a_key_without_anything_is_told_alike() throws Exception {
        assertThat(sameBothWays(Admissions.request(Given.key())).get("limits")).isEmpty();
    }

    @Test
    void what_is_wrong_is_told_alike() throws Exception {
        var key = Given.key();
        for (var body : List.of(
                "",
                "{",
                "[]",
                "null",
                "{}",
                "{\"api_key\": \"" + key + "\", \"model\": 7}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"input_tokens\": -1}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"tags\": [\"\"]}",
                "{\"api_key\": \"" + key + "\", \"model\": \" \"}",
                "{\"api_key\": \"" + key + "\", \"model\": \"" + "m".repeat(256) + "\"}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"request_id\": \"\"}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"end_user\": \"" + "e".repeat(256) + "\"}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"max_output_tokens\": 1000000001}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"estimated_cost_usd\": -1}",
                "{\"api_key\": \"" + key + "\", \"model\": \"m\", \"requests\": 0}",
                "{\"api_key\": \"sk-unknown-unknown\", \"model\": \"m\"}")) {
            assertThat(BothWays.alike(PATH, body).statusCode()).as(body).isLessThan(500);
        }
    }

    @Test
    void who_may_not_ask_is_told_alike() throws Exception {
        var body = Admissions.requestJson(Given.key());
        for (var authorization :
                List.of("", "Basic abc", "Bearer nonsense", "Bearer sk-unknown-unknown", "Bearer " + Given.key())) {
            assertThat(BothWays.alike(PATH, authorization, body).statusCode())
                    .as(authorization)
                    .isIn(401, 403);
        }
        Api.asMaster()
                .post("/v1/admissions", Admissions.request(Given.key()))
                .then()
                .statusCode(200);
    }

    /** Here: what another release has written, which we cannot read. */
    @Test
    void what_is_answered_with_503_says_on_both_ways_when_to_come_back() throws Exception {
        var key = Given.key();
        var request = Admissions.request(key);
        var keyId = Api.asMaster().create(PATH, request).getString("key_id");
        try (var redis = StoreAccess.redis()) {
            var name = "t1:{key:" + keyId + "}:reservation:" + keyId + ":" + request.get("request_id");
            redis.call("SET", name, "O" + "Z".repeat(8) + "\0\0" + "written by another release", "PX", "60000");
        }

        var answer = BothWays.alike(PATH, JSON.writeValueAsString(request));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
    }
}
