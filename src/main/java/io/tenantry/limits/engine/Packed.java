package io.tenantry.limits.engine;

import io.vertx.core.buffer.Buffer;
import java.time.Duration;

/** The scripts' packed arguments: big-endian doubles, which hold every whole number below 2<sup>53</sup>, and bytes. */
final class Packed {

    /** What stands for an unknown total: {@code -2^53}. */
    static final long NOTHING = -(1L << 53);

    private final Buffer buffer = Buffer.buffer(512);

    Packed number(long value) {
        buffer.appendDouble(value);
        return this;
    }

    /** One byte. */
    Packed small(int value) {
        buffer.appendByte((byte) atMost(255, value));
        return this;
    }

    /** Four bytes. */
    Packed large(int value) {
        buffer.appendInt(value);
        return this;
    }

    /** Two bytes. */
    Packed medium(int value) {
        buffer.appendShort((short) atMost(65_535, value));
        return this;
    }

    private static int atMost(int most, int value) {
        if (value > most) {
            throw new IllegalArgumentException(value + " in one step, at most " + most);
        }
        return value;
    }

    /** What a limit allows, as {@code readTerms} in {@code balance.v3.lua} reads it. */
    Packed term(Charge charge) {
        small(charge.limit().kind().tag);
        small(charge.shadow() ? 1 : 0);
        if (charge instanceof Charge.Rate rate) {
            return rule(rate.rule()).number(0);
        }
        number(charge.most());
        return charge instanceof Charge.Budget budget
                ? window(budget).number(budget.version())
                : number(0).number(0).number(0);
    }

    Packed rule(BucketRule rule) {
        return number(rule.capacity()).number(rule.windowTicks()).number(rule.tickMicros());
    }

    Packed window(Charge.Budget budget) {
        long start = budget.window().start().getEpochSecond();
        return number(start).number(budget.window().end().getEpochSecond() - start);
    }

    /**
     * How long an idle balance stays: a budget's window as configured, since reading it again costs SQL; buckets alone only as long as they say
     * something. Half of it is left at any time, so leases must fit into that.
     */
    static long lifetimeMillis(boolean hasBudget, Duration spendLifetime, Duration lease) {
        long lifetime = Math.max(1_000, 4 * lease.toMillis());
        return hasBudget ? Math.max(lifetime, spendLifetime.toMillis()) : lifetime;
    }

    Buffer buffer() {
        return buffer;
    }
}
