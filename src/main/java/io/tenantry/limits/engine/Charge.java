package io.tenantry.limits.engine;

import io.tenantry.core.BudgetPeriod;

/** What one limit is asked for. All charges of a reservation are taken together or not at all. */
public sealed interface Charge {

    LimitRef limit();

    /** Requests, tokens, slots or nano-dollars, by {@link LimitRef#kind()}. */
    long amount();

    /** The most that the limit allows, in the unit of {@link #amount()}; {@link #UNLIMITED} where it only counts. */
    long most();

    long UNLIMITED = -1;

    /** Tokens or requests from a bucket. */
    record Rate(LimitRef limit, long amount, BucketRule rule) implements Charge {

        @Override
        public long most() {
            return rule.capacity();
        }
    }

    /** One of so many parallel slots, until the lease ends. */
    record Slot(LimitRef limit, long most) implements Charge {

        @Override
        public long amount() {
            return 1;
        }
    }

    /**
     * Money from a budget's window, in nano-dollars.
     *
     * @param most the hard cap; {@link #UNLIMITED} when there is only a soft one
     * @param soft the soft cap, {@link #UNLIMITED} without one; reported, never refused
     */
    record Money(LimitRef limit, long amount, long most, long soft, BudgetPeriod.Window window) implements Charge {}
}
