package io.tenantry.limits.engine;

/**
 * What was really used of a charge.
 *
 * @param used  in the unit of the charge; for rates this replaces the reserved amount
 * @param total for budgets: the window's total from the ledger, which already includes this use; null when it is not known
 */
public record ActualCharge(Charge reserved, long used, SettledTotal total) {

    public ActualCharge(Charge reserved, long used) {
        this(reserved, used, null);
    }

    /** Tokens or requests to take in addition; negative when some go back. */
    long correction() {
        return used - reserved.amount();
    }
}
