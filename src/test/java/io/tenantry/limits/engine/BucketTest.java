package io.tenantry.limits.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketTest {

    private static final long MINUTE = 60_000_000;

    @Test
    void refills_continuously_and_loses_no_remainder() {
        var rule = BucketRule.perMinute(7);
        var bucket = Bucket.full(rule, 0).minus(rule, 7);
        for (long now = 1; now <= MINUTE; now += 13) {
            bucket = bucket.at(rule, now);
        }
        assertThat(bucket.at(rule, MINUTE).remaining(rule)).isEqualTo(7);
        assertThat(bucket.at(rule, MINUTE).missingUnits()).isZero();
    }

    @Test
    void a_clock_that_steps_back_earns_nothing_and_takes_nothing() {
        var rule = BucketRule.perMinute(60);
        var bucket = Bucket.full(rule, MINUTE).minus(rule, 30);

        assertThat(bucket.at(rule, 0).remaining(rule)).isEqualTo(30);
    }

    @Test
    void the_wait_is_exact_to_the_microsecond() {
        var rule = BucketRule.perMinute(50);
        var bucket = Bucket.full(rule, 0).minus(rule, 50);
        long wait = bucket.waitMicros(rule, 1, 0);

        assertThat(wait).isEqualTo(MINUTE / 50);
        assertThat(bucket.at(rule, wait - 1).holds(rule, 1)).isFalse();
        assertThat(bucket.at(rule, wait).holds(rule, 1)).isTrue();
    }

    @Test
    void a_reservation_that_ends_after_the_limit_was_lowered_refills_at_the_lower_rate() {
        var high = BucketRule.perMinute(1_000);
        var low = BucketRule.perMinute(10);
        var lowered = Bucket.full(high, 0).minus(high, 1_000).at(low, 0);

        var ended = lowered.endingAt(high, MINUTE / 2);

        assertThat(ended.minus(ended.rule(), -2).at(low, MINUTE / 2).remaining(low))
                .isEqualTo(7);
        assertThat(lowered.endingAt(high, MINUTE).rule()).isEqualTo(high);
    }

    /** Invariant 6: in every window of length W, aligned or not, at most capacity + refill(W) pass. */
    @ParameterizedTest
    @ValueSource(longs = {1, 7, 60, 999, 100_000})
    void over_any_minute_at_most_capacity_and_its_refill_pass(long capacity) {
        var rule = BucketRule.perMinute(capacity);
        var random = new Random(capacity);
        var bucket = Bucket.full(rule, 0);
        var taken = new ArrayDeque<long[]>();
        long inWindow = 0;
        for (long now = 0; now < 10 * MINUTE; now += 1 + random.nextInt(400_000)) {
            long tokens = 1 + random.nextInt((int) Math.max(1, capacity / 20));
            bucket = bucket.at(rule, now);
            if (bucket.holds(rule, tokens)) {
                bucket = bucket.minus(rule, tokens);
                taken.add(new long[] {now, tokens});
                inWindow += tokens;
            }
            while (!taken.isEmpty() && taken.peek()[0] <= now - MINUTE) {
                inWindow -= taken.poll()[1];
            }
            assertThat(inWindow).isLessThanOrEqualTo(2 * capacity);
        }
    }

    @Test
    void the_finest_tick_that_stays_exact_is_chosen() {
        assertThat(BucketRule.perMinute(1_000_000).tickMicros()).isEqualTo(1);
        assertThat(BucketRule.perMinute(100_000_000_000L).tickMicros()).isEqualTo(1_000_000);
        assertThat(BucketRule.of(1_000_000_000L, Duration.ofMinutes(1)).tickMicros())
                .isEqualTo(1_000);
        for (long capacity : new long[] {1, 1_000_000, 1_000_000_000L, 100_000_000_000L}) {
            assertThat(BucketRule.perMinute(capacity).fullUnits()).isLessThan(1L << 53);
        }
    }
}
