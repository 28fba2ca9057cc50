package io.tenantry.limits.engine;

import io.tenantry.core.Saturating;

/**
 * A token bucket at one instant, kept as what is missing from it: an unknown bucket is a full one, and raising a limit helps at once.
 * More than everything can be missing, since settled use may exceed what was reserved. {@code balance.v2.lua} computes the same.
 *
 * @param missingUnits in the unit of {@link BucketRule}
 * @param asOfMicros   up to when the refill is included; a whole number of ticks after the time before
 * @param windowTicks  the rule's window when {@code missingUnits} was written: they are converted when the rule changes
 */
record Bucket(long missingUnits, long asOfMicros, long windowTicks) {

    static Bucket full(BucketRule rule, long nowMicros) {
        return new Bucket(0, nowMicros, rule.windowTicks());
    }

    /** Adds what was earned until now. The unfinished part of a tick is kept for the next time; a clock that steps back earns nothing. */
    Bucket at(BucketRule rule, long nowMicros) {
        long ticks = Math.max(0, nowMicros - asOfMicros) / rule.tickMicros();
        long missing = Math.max(0, missingIn(rule) - Saturating.multiply(ticks, rule.capacity()));
        return new Bucket(missing, asOfMicros + ticks * rule.tickMicros(), rule.windowTicks());
    }

    private long missingIn(BucketRule rule) {
        if (windowTicks == rule.windowTicks()) {
            return missingUnits;
        }
        return (long) Math.ceil((double) missingUnits / windowTicks * rule.windowTicks());
    }

    boolean holds(BucketRule rule, long tokens) {
        return Saturating.add(missingUnits, rule.unitsOf(tokens)) <= rule.fullUnits();
    }

    Bucket minus(BucketRule rule, long tokens) {
        return new Bucket(Math.max(0, Saturating.add(missingUnits, rule.unitsOf(tokens))), asOfMicros, windowTicks);
    }

    /** Whole tokens that may still be taken; negative after an overdraft. */
    long remaining(BucketRule rule) {
        return Math.floorDiv(rule.fullUnits() - missingUnits, rule.windowTicks());
    }

    /** Microseconds until these tokens fit, if nobody else takes any; {@link Standing#NEVER} when the bucket is too small for them. */
    long waitMicros(BucketRule rule, long tokens, long nowMicros) {
        if (tokens > rule.capacity() || rule.capacity() == 0) {
            return Standing.NEVER;
        }
        return microsUntilEarned(
                rule, Saturating.add(missingUnits, rule.unitsOf(tokens)) - rule.fullUnits(), nowMicros);
    }

    /** Microseconds until the bucket is full again. */
    long resetMicros(BucketRule rule, long nowMicros) {
        return rule.capacity() == 0 ? 0 : microsUntilEarned(rule, missingUnits, nowMicros);
    }

    private long microsUntilEarned(BucketRule rule, long units, long nowMicros) {
        if (units <= 0) {
            return 0;
        }
        long ticks = Math.floorDiv(units + rule.capacity() - 1, rule.capacity());
        return Math.max(0, asOfMicros + ticks * rule.tickMicros() - nowMicros);
    }
}
