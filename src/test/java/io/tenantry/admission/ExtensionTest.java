package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.SecretHash;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class ExtensionTest {

    private static Response extend(String admission) {
        return Api.asMaster().post("/v1/admissions/" + admission + "/extension", Map.of());
    }

    @Test
    void an_extension_moves_the_end_of_the_lease() throws Exception {
        var key = Given.key("max_parallel_requests", 1, "max_budget", 1);
        var admission = Api.asMaster().create("/v1/admissions", request(key));
        Thread.sleep(50);

        var extended = extend(admission.getString("admission_id"));

        assertThat(extended.statusCode()).as(extended.asString()).isEqualTo(200);
        assertThat(Instant.parse(extended.jsonPath().getString("expires_at")))
                .isAfterOrEqualTo(Instant.parse(admission.getString("expires_at")));
        // still held, and settled as ever
        assertThat(Api.asMaster().create("/v1/admissions", request(key)).getBoolean("admitted"))
                .isFalse();
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission.getString("admission_id") + "/settlement",
                        Map.of("input_tokens", 1, "output_tokens", 1));
        assertThat(Api.asMaster().create("/v1/admissions", request(key)).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void a_lease_is_renewed_also_when_redis_has_just_lost_it() {
        var key = Given.key("max_parallel_requests", 1);
        var admission = Api.asMaster().create("/v1/admissions", request(key)).getString("admission_id");
        try (var redis = StoreAccess.redis()) {
            redis.call("FLUSHALL");
        }

        assertThat(extend(admission).statusCode()).isEqualTo(200);
        assertThat(Api.asMaster().create("/v1/admissions", request(key)).getBoolean("admitted"))
                .isFalse();
        Api.asMaster().delete("/v1/admissions/" + admission);
        assertThat(extend(admission).statusCode()).isEqualTo(409);
        assertThat(Api.asMaster().create("/v1/admissions", request(key)).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void what_has_ended_cannot_be_extended() {
        var admission = Api.asMaster()
                .create("/v1/admissions", request(Given.key("max_parallel_requests", 1)))
                .getString("admission_id");
        Api.asMaster().delete("/v1/admissions/" + admission);

        assertThat(extend(admission).statusCode()).isEqualTo(409);
        assertThat(extend("nonsense").statusCode()).isEqualTo(404);
    }

    /** As another instance would have named it. */
    private static String admittedWithoutRedis(String key, Instant at) {
        var keyId = UUID.fromString(
                StoreAccess.queryOne("select key_id::text from key_secret where secret_hash = ?", SecretHash.of(key)));
        var root = new TenantRoot(ResourceKind.KEY, keyId.toString());
        var subject = new AdmissionId.Subject("gpt-4o", null, List.of());
        return AdmissionId.of(keyId, at, root, Given.unique("request"), subject).text();
    }

    @Test
    void what_another_instance_admitted_without_redis_holds_its_slot_once_its_lease_is_renewed() {
        var key = Given.key("max_parallel_requests", 1, "rpm_limit", 100);
        var admission = admittedWithoutRedis(key, Instant.now());

        var extended = extend(admission);

        assertThat(extended.statusCode()).as(extended.asString()).isEqualTo(200);
        var next = request(key);
        assertThat(Api.asMaster().create("/v1/admissions", next).getString("refusal.kind"))
                .isEqualTo("max_parallel_requests");
        assertThat(extend(admission).statusCode()).isEqualTo(200);
        Api.asMaster().create("/v1/admissions/" + admission + "/settlement", Map.of("input_tokens", 1));
        assertThat(Api.asMaster().create("/v1/admissions", next).getBoolean("admitted"))
                .isTrue();
    }

    @Test
    void a_request_that_was_admitted_without_redis_is_answered_again_after_its_lease_was_renewed() {
        var key = Given.key("max_parallel_requests", 1);
        var admission = admittedWithoutRedis(key, Instant.now());
        var name = AdmissionId.parse(admission).orElseThrow().requestId();
        extend(admission);

        var again = Api.asMaster().create("/v1/admissions", request(key, "request_id", name));

        assertThat(again.getString("admission_id")).isEqualTo(admission);
    }

    @Test
    void what_nobody_knows_is_not_renewed_under_a_hard_budget_after_a_lease_or_when_its_use_is_booked() {
        var now = Instant.now();
        var longAgo = admittedWithoutRedis(Given.key("max_parallel_requests", 1), now.minus(Duration.ofHours(1)));
        var booked = admittedWithoutRedis(Given.key("max_parallel_requests", 1), now);
        Api.asMaster().create("/v1/admissions/" + booked + "/settlement", Map.of("input_tokens", 1));

        assertThat(extend(longAgo).statusCode()).isEqualTo(409);
        assertThat(extend(booked).statusCode()).isEqualTo(409);
        assertThat(extend(admittedWithoutRedis(Given.key("max_budget", 1), now)).statusCode())
                .isEqualTo(409);
    }
}
