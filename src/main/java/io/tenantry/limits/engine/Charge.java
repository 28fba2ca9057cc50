package io.tenantry.limits.engine;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.Saturating;
import java.time.Instant;
import java.util.Objects;

/** What one limit is asked for. All charges of a reservation are taken together or not at all. */
public sealed interface Charge {

    LimitRef limit();

    /** Requests, tokens, slots or nano-dollars, by {@link LimitRef#kind()}. */
    long amount();

    /** The most that the limit allows, in the unit of {@link #amount()}; {@link #UNLIMITED} where it only counts. */
    long most();

    /** Whether the limit is in shadow mode: counted and reported, never refused. */
    boolean shadow();

    long UNLIMITED = -1;

    /**
     * The {@link #most} of a budget that is only held here and asked under another root. It may have been settled there unseen: so here its total counts as
     * unknown, and is read from the ledger before it is asked again.
     */
    long UNASKED = -2;

    /** As {@link #UNASKED}, where others, whose clocks differ, may ask it here already: its total stays known as long as no lease has lapsed. */
    long ASKED_BY_OTHERS = -3;

    default boolean isCapped() {
        return most() >= 0;
    }

    default boolean isAsked() {
        return most() != UNASKED && most() != ASKED_BY_OTHERS;
    }

    /** Whether both ask the same of the same limit, but for how much. */
    boolean isButForTheAmount(Charge other);

    /** The same charge for another amount. */
    Charge asking(long amount);

    /**
     * Tokens or requests from a bucket.
     *
     * @param before what earlier reservations of the same request took already, and which is not given back: work that is admitted in parts
     */
    record Rate(LimitRef limit, long amount, BucketRule rule, boolean shadow, long before) implements Charge {

        public Rate(LimitRef limit, long amount, BucketRule rule, boolean shadow) {
            this(limit, amount, rule, shadow, 0);
        }

        public Rate(LimitRef limit, long amount, BucketRule rule) {
            this(limit, amount, rule, false);
        }

        /** The same bucket, asked for this much after so much was taken before. */
        public Rate asking(long amount, long before) {
            return new Rate(limit, amount, rule, shadow, before);
        }

        @Override
        public Rate asking(long other) {
            return other == amount ? this : asking(other, before);
        }

        @Override
        public boolean isButForTheAmount(Charge other) {
            return other instanceof Rate rate
                    && before == rate.before
                    && shadow == rate.shadow
                    && (rule == rate.rule || rule.equals(rate.rule))
                    && (limit == rate.limit || limit.equals(rate.limit));
        }

        @Override
        public long most() {
            return rule.capacity();
        }
    }

    /** One of so many parallel slots, until the lease ends. */
    record Slot(LimitRef limit, long most, boolean shadow) implements Charge {

        public Slot(LimitRef limit, long most) {
            this(limit, most, false);
        }

        @Override
        public long amount() {
            return 1;
        }

        @Override
        public Slot asking(long one) {
            return this;
        }

        @Override
        public boolean isButForTheAmount(Charge other) {
            return this == other || equals(other);
        }
    }

    /**
     * A part of a budget's window: nano-dollars, tokens or requests.
     *
     * @param most  the hard cap; {@link #UNLIMITED} when there is only a soft one, {@link #UNASKED} or {@link #ASKED_BY_OTHERS} when it is only held
     * @param soft  the soft cap, {@link #UNLIMITED} without one; reported, never refused
     * @param carry what the window takes over from the one before; null when nothing
     * @param version the latest version of the rows that the cap is written in; 0 where it is not asked. A total that was read for an earlier one may lack
     *                what was used while there was no such cap
     */
    record Budget(
            LimitRef limit,
            long amount,
            long most,
            long soft,
            BudgetPeriod.Window window,
            boolean shadow,
            Carry carry,
            long version)
            implements Charge {

        public Budget(
                LimitRef limit,
                long amount,
                long most,
                long soft,
                BudgetPeriod.Window window,
                boolean shadow,
                Carry carry) {
            this(limit, amount, most, soft, window, shadow, carry, 0);
        }

        public Budget(LimitRef limit, long amount, long most, long soft, BudgetPeriod.Window window) {
            this(limit, amount, most, soft, window, false, null);
        }

        @Override
        public Budget asking(long other) {
            return other == amount ? this : new Budget(limit, other, most, soft, window, shadow, carry, version);
        }

        @Override
        public boolean isButForTheAmount(Charge other) {
            return other instanceof Budget budget
                    && most == budget.most
                    && soft == budget.soft
                    && shadow == budget.shadow
                    && (window == budget.window || window.equals(budget.window))
                    && (limit == budget.limit || limit.equals(budget.limit))
                    && Objects.equals(carry, budget.carry);
        }

        /** The same part of a budget whose cap, where it has one, is higher by so much. */
        public Budget raisedBy(long more) {
            long cap = isCapped() ? Saturating.add(most, more) : most;
            return new Budget(limit, amount, cap, soft, window, shadow, carry, version);
        }

        /** The budget's window, whatever is asked of it. */
        public Budget asWindow() {
            return new Budget(limit, 0, most, UNLIMITED, window, false, carry);
        }

        /** The same cap on the use of another model. */
        public Budget of(String model) {
            var other = new LimitRef(limit.scope(), limit.id(), limit.kind(), model);
            return new Budget(other, amount, most, soft, window, shadow, carry, version);
        }

        /** Whether both are counted together, whatever their periods are called. */
        public boolean isOfSameWindow(Budget other) {
            return limit.equals(other.limit)
                    && window.start().equals(other.window.start())
                    && window.end().equals(other.window.end());
        }

        /** Of two caps of one window the lower one, with the soft cap that there is. */
        public Budget tighter(Budget other) {
            boolean others = other.most != UNLIMITED && (most == UNLIMITED || other.most < most);
            var kept = others ? other : this;
            long told = soft == UNLIMITED ? other.soft : soft;
            return new Budget(limit, kept.amount, kept.most, told, kept.window, kept.shadow, kept.carry, version);
        }

        /** The same part of the same budget, where another root is asked whether it is there. */
        public Budget unasked() {
            return new Budget(limit, amount, UNASKED, UNLIMITED, window, shadow, null);
        }

        /** The same, where others may ask here. */
        public Budget askedByOthers() {
            return new Budget(limit, amount, ASKED_BY_OTHERS, UNLIMITED, window, shadow, null);
        }

        /** The same part of the same budget, counted and reported and not refused. */
        public Budget inShadow() {
            return new Budget(limit, amount, most, soft, window, true, carry, version);
        }
    }

    /**
     * Unused budget that a window may take over.
     *
     * @param most the most of it, nano-dollars
     * @param cap  what it is left of: the cap of the window before, without what may be spent beyond it for a time
     * @param from when the window before began
     */
    record Carry(long most, long cap, Instant from) {}
}
