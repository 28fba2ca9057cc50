package io.tenantry.limits.engine;

/**
 * What the ledger says was used in a budget's window: an absolute figure. Within an epoch it only rises; an adjustment that lowers it begins
 * the next epoch, so that figures that arrive late or twice are told from it.
 *
 * @param amount nano-dollars, tokens or requests; negative when unused budget was carried into the window
 */
public record SettledTotal(long epoch, long amount) {

    public static SettledTotal of(long amount) {
        return new SettledTotal(0, amount);
    }

    /** Whether the ledger had the other figure before. */
    public boolean isLaterThan(SettledTotal other) {
        return epoch == other.epoch ? amount > other.amount : epoch > other.epoch;
    }

    /** The later of the two figures. */
    SettledTotal orLater(SettledTotal other) {
        return other.isLaterThan(this) ? other : this;
    }
}
