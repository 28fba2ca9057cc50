package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a team that has moved is charged, as instances see it whose clocks differ. */
class MovesByClocksTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration STEP = Duration.ofSeconds(50);

    private final Moves moves = Moves.to(
            root("d"),
            List.of(
                    left("a", Duration.ZERO),
                    left("b", Duration.ofMinutes(3)),
                    left("a", Duration.ofMinutes(40)),
                    left("c", Duration.ofMinutes(41))));

    private static TenantRoot root(String organization) {
        return new TenantRoot(ResourceKind.ORGANIZATION, organization);
    }

    private static Moves.Left left(String organization, Duration afterNoon) {
        return new Moves.Left(ResourceKind.TEAM, root(organization), NOON.plus(afterNoon));
    }

    private static ScopeLimits team() {
        var limit = new LimitRef(ResourceKind.TEAM, "t", LimitKind.BUDGET, null);
        var budget = new ScopeBudget(limit, 100, Charge.UNLIMITED, null, ZoneOffset.UTC, false, 0, Instant.EPOCH, 1);
        var all = new ModelLimits(List.of(), List.of(budget));
        return new ScopeLimits(ResourceKind.TEAM, "t", null, all, Map.of(), Map.of(), null, List.of());
    }

    /** What is charged at which root. */
    private Map<TenantRoot, Charge> chargedAt(Instant now) {
        var estimate = new Estimate(1, 1, new NanoUsd(1), Estimate.Source.REQUEST, false, 1);
        var ask = new Ask("m", "m", List.of(), estimate, now, () -> false);
        var charged = new HashMap<TenantRoot, Charge>();
        var present = new ArrayList<Charge>();
        moves.addCharges(present, team(), ask);
        charged.put(root("d"), present.get(0));
        var parts = new ArrayList<AdmissionRecord.Part>();
        moves.addParts(parts, List.of(team()), ask);
        parts.forEach(part -> charged.put(part.root(), part.charges().get(0)));
        return charged;
    }

    private static TenantRoot askedOf(Map<TenantRoot, Charge> charged) {
        var asked = charged.entrySet().stream()
                .filter(entry -> entry.getValue().isAsked())
                .map(Map.Entry::getKey)
                .toList();
        assertThat(asked).hasSize(1);
        return asked.get(0);
    }

    @Test
    void whichever_root_an_instance_asks_others_hold_there_and_leave_its_total_known() {
        for (var one = NOON.minusSeconds(3_600); one.isBefore(NOON.plusSeconds(7_200)); one = one.plus(STEP)) {
            var asked = askedOf(chargedAt(one));
            for (var other = one.minus(Moves.CLOCKS_DIFFER).plusSeconds(1);
                    other.isBefore(one.plus(Moves.CLOCKS_DIFFER));
                    other = other.plus(STEP)) {
                assertThat(chargedAt(other))
                        .as("charged at %s, while the root that is asked at %s is asked", other, one)
                        .containsKey(asked);
                assertThat(chargedAt(other).get(asked).most()).isNotEqualTo(Charge.UNASKED);
            }
        }
    }

    @Test
    void what_waits_for_its_turn_is_held_with_an_unknown_total() {
        var charged = chargedAt(NOON.minusSeconds(3_600));

        assertThat(askedOf(charged)).isEqualTo(root("a"));
        assertThat(List.of(root("b"), root("c"), root("d")))
                .allSatisfy(root -> assertThat(charged.get(root).most()).isEqualTo(Charge.UNASKED));
    }

    @Test
    void when_the_day_is_over_only_the_present_place_is_charged() {
        assertThat(chargedAt(NOON.plusSeconds(7_200))).containsOnlyKeys(root("d"));
    }
}
