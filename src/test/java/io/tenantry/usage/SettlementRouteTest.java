package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Api;
import io.tenantry.testing.BothWays;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The short way that settlements take, and the resource that takes what is unusual (here: bodies in chunks), answer alike. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SettlementRouteTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static String admissionId() {
        return Api.asMaster()
                .create("/v1/admissions", Admissions.request(Given.key("max_budget", 10, "tpm_limit", 10_000)))
                .getString("admission_id");
    }

    private static String path(String admissionId) {
        return "/v1/admissions/" + admissionId + "/settlement";
    }

    /** The same settlement, repeated: the same answer, word for word. */
    private static JsonNode sameBothWays(String body) throws Exception {
        var answer = BothWays.alike(path(admissionId()), body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    @Test
    void what_was_booked_is_told_alike() throws Exception {
        assertThat(sameBothWays("{\"input_tokens\": 90, \"output_tokens\": 11}")
                        .get("total_tokens")
                        .intValue())
                .isEqualTo(101);
        assertThat(sameBothWays("{\"input_tokens\": 9, \"cost_usd\": 0.000000001, \"status\": \"failure\"}")
                        .get("cost_usd")
                        .decimalValue())
                .isEqualByComparingTo("0.000000001");
        assertThat(sameBothWays("{\"model\": \"o3\", \"cost_usd\": 1, \"status\": \"cancelled\"}")
                        .get("status")
                        .textValue())
                .isEqualTo("cancelled");
    }

    @Test
    void what_is_wrong_is_told_alike() {
        var path = path(admissionId());
        for (var body : List.of(
                "",
                "{",
                "[]",
                "null",
                "{\"input_tokens\": -1}",
                "{\"output_tokens\": 1000000001}",
                "{\"input_tokens\": 5, \"total_tokens\": 4}",
                "{\"cost_usd\": -0.1}",
                "{\"cost_usd\": 1e999999}",
                "{\"model\": \"\"}",
                "{\"status\": \"well\"}",
                "{\"partial\": \"x\"}",
                "{\"model\": \"nobody-prices-this\", \"input_tokens\": 1}")) {
            assertThat(BothWays.alike(path, body).statusCode()).as(body).isBetween(400, 499);
        }
    }

    @Test
    void what_is_no_admission_of_ours_is_told_alike() {
        var ours = admissionId();
        for (var id : List.of("nonsense", "%20", "a%2Fb", ours.substring(0, ours.length() / 2), "A".repeat(3_000))) {
            assertThat(BothWays.alike(path(id), "{}").statusCode()).as(id).isEqualTo(404);
        }
    }

    @Test
    void an_id_that_we_cannot_have_written_is_none_of_ours() {
        var ours = ByteBuffer.wrap(Base64.getUrlDecoder().decode(admissionId()));
        for (var forged : List.of(
                withRequestId(ours, "a\0b"),
                withRequestId(ours, "x".repeat(256)),
                at(ours, Long.MIN_VALUE),
                at(ours, 1L << 60))) {
            var answer = BothWays.shortWay(path(forged), "{\"cost_usd\": 1}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(404);
        }
    }

    /** Version, key id and time are 25 bytes, then come kind and id of the root. */
    private static String withRequestId(ByteBuffer ours, String requestId) {
        var forged = new ByteArrayOutputStream();
        forged.write(ours.array(), 0, 28 + ours.getShort(26));
        forged.writeBytes(requestId.getBytes(StandardCharsets.UTF_8));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(forged.toByteArray());
    }

    private static String at(ByteBuffer ours, long millis) {
        var forged = ours.array().clone();
        ByteBuffer.wrap(forged).putLong(17, millis);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(forged);
    }

    @Test
    void who_may_not_settle_is_told_alike() {
        var path = path(admissionId());
        for (var authorization : List.of("", "Bearer sk-unknown-unknown", "Bearer " + Given.key())) {
            assertThat(BothWays.alike(path, authorization, "{}").statusCode())
                    .as(authorization)
                    .isIn(401, 403);
        }
    }
}
