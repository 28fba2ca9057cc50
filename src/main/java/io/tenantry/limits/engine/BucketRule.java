package io.tenantry.limits.engine;

import io.tenantry.core.Saturating;
import java.time.Duration;

/**
 * A token bucket's constants: {@code capacity} tokens, refilled continuously with {@code capacity} tokens per window.
 *
 * <p>Arithmetic is in whole numbers. The unit of account is one token divided by the ticks of a window, so one tick earns exactly {@code
 * capacity} units and no remainder is ever lost. The tick is the finest of 1 µs, 1 ms and 1 s at which a full bucket stays below
 * 2<sup>52</sup> units: what Lua's numbers hold exactly.
 *
 * <p>Over any stretch of length <i>w</i> at most {@code capacity + capacity × w / window} tokens pass.
 *
 * @param capacity    tokens; zero lets nothing pass
 * @param windowTicks length of the window in ticks
 * @param tickMicros  length of a tick in microseconds
 */
public record BucketRule(long capacity, long windowTicks, long tickMicros) {

    private static final long MOST_UNITS = 1L << 52;

    public static BucketRule perMinute(long capacity) {
        return of(capacity, Duration.ofMinutes(1));
    }

    public static BucketRule of(long capacity, Duration window) {
        long windowMicros = window.toNanos() / 1_000;
        for (long tickMicros : new long[] {1, 1_000}) {
            if (Saturating.multiply(capacity, windowMicros / tickMicros) <= MOST_UNITS) {
                return new BucketRule(capacity, windowMicros / tickMicros, tickMicros);
            }
        }
        return new BucketRule(capacity, windowMicros / 1_000_000, 1_000_000);
    }

    long fullUnits() {
        return Saturating.multiply(capacity, windowTicks);
    }

    long unitsOf(long tokens) {
        return Saturating.multiply(tokens, windowTicks);
    }
}
