package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.limits.engine.EngineConfig.WhenUnavailable;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What each rule for the absence of Redis says; that the rule is followed, fault tests show with a packaged service. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class WithoutRedisTest {

    private static final UUID KEY = UUID.randomUUID();

    @Inject
    AdmissionConfig admission;

    @Inject
    LiveInstances instances;

    private Decision decide(WhenUnavailable rule, Charge charge) {
        var degraded = new DegradedAdmission(config(rule), admission, instances, new SimpleMeterRegistry());
        return degraded.decide(record(charge), null, null, request()).await().atMost(Duration.ofSeconds(10));
    }

    private static AdmissionRequest request() {
        try {
            return new ObjectMapper().readValue("{\"api_key\": \"sk-k\", \"model\": \"m\"}", AdmissionRequest.class);
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private static AdmissionRecord record(Charge charge) {
        var root = new TenantRoot(ResourceKind.KEY, KEY.toString());
        return new AdmissionRecord(
                new AdmissionId(KEY, Instant.now(), root, "r"),
                null,
                null,
                List.of(),
                "m",
                List.of(charge),
                List.of(),
                null);
    }

    private static EngineConfig config(WhenUnavailable rule) {
        return new EngineConfig() {
            @Override
            public Duration timeout() {
                return Duration.ofMillis(50);
            }

            @Override
            public WhenUnavailable whenUnavailable() {
                return rule;
            }

            @Override
            public Duration spendLifetime() {
                return Duration.ofHours(2);
            }

            @Override
            public int localTenants() {
                return 10;
            }
        };
    }

    private static Charge rate(long amount, long capacity) {
        return new Charge.Rate(ref(LimitKind.REQUESTS), amount, BucketRule.of(capacity, Duration.ofMinutes(1)));
    }

    private static LimitRef ref(LimitKind kind) {
        return new LimitRef(ResourceKind.KEY, KEY.toString(), kind, null);
    }

    private static boolean isAdmittedDegraded(Decision decision) {
        return decision instanceof Decision.Admitted admitted && admitted.degraded();
    }

    private static boolean isUnavailable(Decision decision) {
        return decision instanceof Decision.Refused refused
                && refused.degraded()
                && refused.refusal().reason() == RefusalReason.LIMITS_UNAVAILABLE;
    }

    @Test
    void allow_admits_more_than_any_rate_and_says_so() {
        assertThat(isAdmittedDegraded(decide(WhenUnavailable.ALLOW, rate(11, 10))))
                .isTrue();
    }

    @Test
    void deny_refuses_what_would_fit_as_unavailable() {
        assertThat(isUnavailable(decide(WhenUnavailable.DENY, rate(1, 10)))).isTrue();
    }
}
