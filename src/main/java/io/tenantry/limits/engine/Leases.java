package io.tenantry.limits.engine;

import java.time.Duration;

/**
 * When leases end: on a grid of a 32nd of their length, rounded up. A lease lasts at least as long as asked for and at most a 32nd longer, and
 * what open reservations hold is kept as at most 33 sums instead of one entry each.
 */
final class Leases {

    private static final int STEPS = 32;

    private Leases() {}

    static long micros(Duration lease) {
        return lease.toNanos() / 1_000;
    }

    static long gridMicros(Duration lease) {
        return Math.max(1, micros(lease) / STEPS);
    }

    static long endMicros(long nowMicros, Duration lease) {
        long grid = gridMicros(lease);
        return -Math.floorDiv(-(nowMicros + micros(lease)), grid) * grid;
    }
}
