package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CollectedTest {

    private static final UUID KEY = UUID.fromString("6f1c0f5e-4a3a-4a53-9f43-0b8d3f1f6f10");
    private static final LimitRef OWN = new LimitRef(ResourceKind.KEY, KEY.toString(), LimitKind.TOKENS, null);
    private static final LimitRef TEAMS = new LimitRef(ResourceKind.TEAM, "team", LimitKind.TOKENS, null);

    @Test
    void a_rate_in_shadow_mode_that_was_short_gave_nothing_to_the_part_that_passed_without_it() {
        var own = rate(OWN, 40, false, 100);
        var teams = rate(TEAMS, 40, true, 30);
        var last = charging(own, teams);

        var collected = Collected.upTo(3, last, List.of(standing(own, 0), standing(teams, 7_000)));

        assertThat(collected.of(rate(OWN, 500, false, 0))).isEqualTo(140);
        assertThat(collected.of(rate(TEAMS, 500, true, 0))).isEqualTo(30);
        assertThat(collected
                        .restOf(charging(rate(OWN, 500, false, 0), rate(TEAMS, 500, true, 0)))
                        .charges())
                .containsExactly(rate(OWN, 360, false, 140), rate(TEAMS, 470, true, 30));
    }

    @Test
    void a_rate_in_shadow_mode_that_had_enough_gave_its_part() {
        var teams = rate(TEAMS, 40, true, 30);

        assertThat(Collected.upTo(3, charging(teams), List.of(standing(teams, 0)))
                        .of(rate(TEAMS, 500, true, 0)))
                .isEqualTo(70);
    }

    private static Charge.Rate rate(LimitRef limit, long amount, boolean shadow, long before) {
        return new Charge.Rate(limit, amount, BucketRule.perMinute(100), shadow, before);
    }

    private static Standing standing(Charge charge, long waitMicros) {
        return new Standing(charge, 10, 0, 0, 0, waitMicros);
    }

    private static AdmissionRecord charging(Charge... charges) {
        return new AdmissionRecord(
                new AdmissionId(KEY, Instant.EPOCH, new TenantRoot(ResourceKind.TEAM, "team"), "batch"),
                new KeyOwner(KEY, "hash", null, null, "team", null, null),
                null,
                List.of(),
                "gpt-4o",
                List.of(charges),
                List.of(),
                null);
    }
}
