package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.time.Instant;
import java.util.Map;
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
}
