package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

class WaitsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T23:00:00Z");
    private static final Instant MIDNIGHT = Instant.parse("2026-03-02T00:00:00Z");
    private static final long MINUTE = 60_000_000;
    private static final long HOUR = 60 * MINUTE;

    private static Charge.Budget budget(long amount, long most, Instant at) {
        var limit = new LimitRef(ResourceKind.KEY, "k", LimitKind.BUDGET, null);
        return new Charge.Budget(
                limit, amount, most, Charge.UNLIMITED, BudgetPeriod.windowAt("1d", at, ZoneOffset.UTC));
    }

    private static Standing of(Charge.Budget budget, long used, long held, long wait) {
        return new Standing(budget, budget.most() - used - held, used, held, 0, wait);
    }

    private static Standing rate(long wait) {
        var limit = new LimitRef(ResourceKind.KEY, "k", LimitKind.TOKENS, null);
        return new Standing(new Charge.Rate(limit, 1, BucketRule.perMinute(10)), 0, 0, 0, 0, wait);
    }

    /** A key that is asked one budget whose cap is a matter of the clock. */
    private static Waits waits(Instant expires, ToLongFunction<Instant> cap) {
        Function<Instant, List<Charge>> charges = at -> List.of(budget(0, cap.applyAsLong(at), at));
        return new Waits(NOW, expires, charges);
    }

    private static ToLongFunction<Instant> raisedUntil(Instant until) {
        return at -> at.isBefore(until) ? 15 : 10;
    }

    @Test
    void a_spent_budget_is_whole_in_its_next_period() {
        var spent = of(budget(3, 10, NOW), 10, 0, Standing.NEVER);

        assertThat(waits(null, at -> 10).of(List.of(spent))).hasValue(HOUR);
    }

    /** Clocks are finer than the microseconds of a wait. */
    @Test
    void a_wait_is_over_when_the_next_period_has_begun_and_not_before() {
        var now = NOW.plusNanos(1);
        var waits = new Waits(
                now, null, at -> List.of(budget(0, raisedUntil(MIDNIGHT).applyAsLong(at), at)));

        assertThat(waits.of(List.of(of(budget(3, 15, NOW), 15, 0, Standing.NEVER))))
                .hasValue(HOUR);
    }

    @Test
    void an_increase_that_ends_before_the_next_period_makes_no_room_in_it() {
        var waits = waits(null, raisedUntil(MIDNIGHT));

        assertThat(waits.of(List.of(of(budget(12, 15, NOW), 10, 0, Standing.NEVER))))
                .isEmpty();
        assertThat(waits.of(List.of(of(budget(10, 15, NOW), 10, 0, Standing.NEVER))))
                .hasValue(HOUR);
        assertThat(waits(null, raisedUntil(MIDNIGHT.plusSeconds(1)))
                        .of(List.of(of(budget(12, 15, NOW), 10, 0, Standing.NEVER))))
                .hasValue(HOUR);
    }

    @Test
    void leases_that_end_after_the_increase_make_no_room_for_certain() {
        var held = of(budget(4, 15, NOW), 0, 12, 10 * MINUTE);

        assertThat(waits(null, raisedUntil(NOW.plusSeconds(601))).of(List.of(held)))
                .hasValue(10 * MINUTE);
        assertThat(waits(null, raisedUntil(NOW.plusSeconds(600))).of(List.of(held)))
                .hasValue(HOUR);
    }

    @Test
    void what_was_carried_into_a_period_is_gone_with_it() {
        var carrying = of(budget(12, 10, NOW), -4, 12, 10 * MINUTE).carrying(4);
        var spent = of(budget(12, 10, NOW), 10, 0, Standing.NEVER).carrying(4);

        assertThat(waits(null, at -> 10).of(List.of(carrying))).hasValue(10 * MINUTE);
        assertThat(waits(null, at -> 10).of(List.of(spent))).isEmpty();
    }

    @Test
    void a_budget_that_the_request_fits_into_now_has_to_have_room_when_the_others_have() {
        var fits = of(budget(4, 15, NOW), 10, 0, 0);

        assertThat(waits(null, raisedUntil(NOW.plusSeconds(61))).of(List.of(rate(MINUTE), fits)))
                .hasValue(MINUTE);
        assertThat(waits(null, raisedUntil(NOW.plusSeconds(60))).of(List.of(rate(MINUTE), fits)))
                .isEmpty();
    }

    @Test
    void no_time_is_told_at_which_the_key_has_expired() {
        assertThat(waits(NOW.plusSeconds(61), at -> 10).of(List.of(rate(MINUTE))))
                .hasValue(MINUTE);
        assertThat(waits(NOW.plusSeconds(60), at -> 10).of(List.of(rate(MINUTE))))
                .isEmpty();
    }

    @Test
    void a_throttled_key_waits_for_its_throttled_rates_or_for_its_budget_whichever_is_first() {
        var spent = of(budget(3, 10, NOW), 10, 0, Standing.NEVER);
        var waits = waits(null, at -> 10);

        assertThat(waits.of(List.of(rate(MINUTE)), List.of(spent))).hasValue(MINUTE);
        assertThat(waits.of(List.of(rate(2 * HOUR)), List.of(spent))).hasValue(HOUR);
        assertThat(waits.of(List.of(rate(Standing.NEVER)), List.of(spent))).hasValue(HOUR);
        assertThat(waits.of(List.of(rate(Standing.NEVER)), List.of())).isEmpty();
    }

    @Test
    void limits_in_shadow_mode_are_not_waited_for() {
        var shadow = of(budget(12, 10, NOW).inShadow(), 10, 0, Standing.NEVER);

        assertThat(waits(null, at -> 10).of(List.of(rate(MINUTE), shadow))).hasValue(MINUTE);
    }
}
