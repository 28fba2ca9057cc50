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

    /** Balances and charges as {@code restore.v2.lua} describes them. */
    Packed charges(Balances balances, Duration spendLifetime, Duration lease) {
        medium(balances.groups.size());
        for (var group : balances.groups) {
            number(lifetimeMillis(group, spendLifetime, lease));
            medium(group.charges.size());
            for (var charge : group.charges) {
                small(charge.limit().kind().tag);
                small(charge.shadow() ? 1 : 0);
                terms(charge);
            }
        }
        return this;
    }

    private void terms(Charge charge) {
        if (charge instanceof Charge.Rate rate) {
            number(rate.amount());
            rule(rate.rule());
        } else if (charge instanceof Charge.Slot slot) {
            number(slot.most()).number(0).number(0).number(0);
        } else if (charge instanceof Charge.Budget budget) {
            number(budget.amount()).number(budget.most());
            window(budget);
        }
    }

    /** What a limit allows, as {@code readTerms} in {@code balance.v2.lua} reads it. */
    Packed term(Charge charge) {
        small(charge.limit().kind().tag);
        small(charge.shadow() ? 1 : 0);
        if (charge instanceof Charge.Rate rate) {
            return rule(rate.rule());
        }
        number(charge.most());
        return charge instanceof Charge.Budget budget
                ? window(budget)
                : number(0).number(0);
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
    static long lifetimeMillis(Balances.Group group, Duration spendLifetime, Duration lease) {
        boolean budget = false;
        for (var charge : group.charges) {
            budget |= charge instanceof Charge.Budget;
        }
        return lifetimeMillis(budget, spendLifetime, lease);
    }

    static long lifetimeMillis(boolean hasBudget, Duration spendLifetime, Duration lease) {
        long lifetime = Math.max(1_000, 4 * lease.toMillis());
        return hasBudget ? Math.max(lifetime, spendLifetime.toMillis()) : lifetime;
    }

    Buffer buffer() {
        return buffer;
    }
}
