package io.tenantry.limits.engine;

import io.tenantry.core.Saturating;

/**
 * A token bucket at one instant, kept as what is missing from it: an unknown bucket is a full one, and raising a limit helps at once.
 * More than everything can be missing, since settled use may exceed what was reserved. {@code balance.v3.lua} computes the same.
 *
 * @param missingUnits in the unit of {@link BucketRule}
 * @param asOfMicros   up to when the refill is included; a whole number of ticks after the time before
 * @param rule         by which {@code missingUnits} was written
 */
record Bucket(long missingUnits, long asOfMicros, BucketRule rule) {

    static Bucket full(BucketRule rule, long nowMicros) {
        return new Bucket(0, nowMicros, rule);
    }

    /** Adds what was earned until now. The unfinished part of a tick is kept for the next time; a clock that steps back earns nothing. */
    Bucket at(BucketRule asked, long nowMicros) {
        long ticks = Math.max(0, nowMicros - asOfMicros) / asked.tickMicros();
        long missing = Math.max(0, missingIn(asked) - Saturating.multiply(ticks, asked.capacity()));
        return new Bucket(missing, asOfMicros + ticks * asked.tickMicros(), asked);
    }

    /**
     * The bucket that a reservation under this rule ends in. While something is missing it keeps the rule that it has: what was reserved before a
     * change must not change it back.
     */
    Bucket endingAt(BucketRule reserved, long nowMicros) {
        var asItIs = at(rule, nowMicros);
        return asItIs.missingUnits == 0 && !rule.equals(reserved) ? full(reserved, nowMicros) : asItIs;
    }

    /**
     * Under another limit as much is missing, but never more than all of it: a limit that was lowered below what was used would otherwise stay
     * exhausted for many windows. What was overdrawn stays owed.
     */
    private long missingIn(BucketRule asked) {
        if (rule.equals(asked)) {
            return missingUnits;
        }
        long overdrawn = Math.max(0, missingUnits - rule.fullUnits());
        long used = converted(missingUnits - overdrawn, asked);
        return converted(overdrawn, asked) + Math.min(used, asked.fullUnits());
    }

    private long converted(long units, BucketRule asked) {
        return rule.windowTicks() == asked.windowTicks()
                ? units
                : (long) Math.ceil((double) units / rule.windowTicks() * asked.windowTicks());
    }

    boolean holds(BucketRule rule, long tokens) {
        return Saturating.add(missingUnits, rule.unitsOf(tokens)) <= rule.fullUnits();
    }

    Bucket minus(BucketRule rule, long tokens) {
        return new Bucket(Math.max(0, Saturating.add(missingUnits, rule.unitsOf(tokens))), asOfMicros, rule);
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
