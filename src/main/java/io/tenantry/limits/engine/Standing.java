package io.tenantry.limits.engine;

/**
 * How a limit stands, in the unit of its charge: after what was taken, or as it was when nothing was.
 *
 * @param remaining   what may still be taken; negative after an overdraft, {@link Charge#UNLIMITED} without a cap
 * @param used        for budgets what is settled, for slots how many are taken; zero for rates
 * @param held        for budgets what open reservations hold
 * @param resetMicros until a bucket is full again; zero for slots and budgets
 * @param waitMicros  until this charge would fit; zero when it did, {@link #NEVER} when waiting does not help. Of slots and budgets until leases end that are held now: that a
 *                    budget's next period begins is not the store's to know
 * @param carried     how much of a budget's cap was left over from the window before, and is told as such; zero as the store says it
 */
public record Standing(
        Charge charge, long remaining, long used, long held, long resetMicros, long waitMicros, long carried) {

    public static final long NEVER = -1;

    public Standing(Charge charge, long remaining, long used, long held, long resetMicros, long waitMicros) {
        this(charge, remaining, used, held, resetMicros, waitMicros, 0);
    }

    /** The store counts what a window took over as used in advance. Told, its cap is higher by it, and nothing was used. */
    public Standing carrying(long over) {
        return over == 0
                ? this
                : new Standing(
                        ((Charge.Budget) charge).raisedBy(over),
                        remaining,
                        used + over,
                        held,
                        resetMicros,
                        waitMicros,
                        over);
    }

    /** Whether the charge did not fit; in shadow mode the request passes all the same. */
    public boolean isShort() {
        return waitMicros != 0;
    }

    /** Whether the charge did not fit, and that refuses the request. */
    public boolean refuses() {
        return isShort() && !charge.shadow();
    }

    /** Whether a soft cap is passed: worth a warning, not a refusal. */
    public boolean overSoft() {
        return charge instanceof Charge.Budget budget
                && budget.soft() != Charge.UNLIMITED
                && used + held > budget.soft();
    }

    /** From the two figures that the scripts keep of a charge, see {@code reserve.v3.lua}. */
    static Standing of(Charge charge, long first, long second, long waitMicros) {
        if (charge instanceof Charge.Budget budget) {
            long remaining = budget.isCapped() ? budget.most() - first - second : Charge.UNLIMITED;
            return new Standing(charge, remaining, first, second, 0, waitMicros);
        }
        return charge instanceof Charge.Slot
                ? new Standing(charge, first, second, 0, 0, waitMicros)
                : new Standing(charge, first, 0, 0, second, waitMicros);
    }

    long firstFigure() {
        return charge instanceof Charge.Budget ? used : remaining;
    }

    long secondFigure() {
        if (charge instanceof Charge.Budget) {
            return held;
        }
        return charge instanceof Charge.Slot ? used : resetMicros;
    }
}
