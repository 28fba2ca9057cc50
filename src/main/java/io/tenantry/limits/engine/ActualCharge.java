package io.tenantry.limits.engine;

/**
 * What was really used of a charge.
 *
 * @param used         in the unit of the charge; for rates this replaces the reserved amount
 * @param settledTotal for money: the absolute total of the window from the ledger, which already includes this use;
 *                     {@link Charge#UNLIMITED} when it is not known
 */
public record ActualCharge(Charge reserved, long used, long settledTotal) {

    /** Tokens or requests to take in addition; negative when some go back. */
    long correction() {
        return used - reserved.amount();
    }
}
