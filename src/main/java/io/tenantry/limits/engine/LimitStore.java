package io.tenantry.limits.engine;

import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.TenantRoot;
import java.util.List;

/** Where balances live. Each call is one atomic step over everything it names. A store that cannot answer fails with {@link StoreUnavailable}. */
public interface LimitStore {

    /** Takes every charge or none. */
    Uni<ReserveResult> reserve(Reservation reservation);

    /** Whether these versions are still the current ones; false also when the store does not know them. Takes nothing. */
    Uni<Boolean> isCurrent(TenantRoot root, List<ObjectVersion> versions);

    /** Makes versions known, as read from the database. Never lowers one. */
    Uni<Void> publish(TenantRoot root, List<ObjectVersion> versions);

    /** Makes a budget's settled total known, in nano-dollars as read from the ledger. Never lowers one. */
    Uni<Void> load(TenantRoot root, Charge.Money budget, long settledTotal);

    /** Puts live holds on a budget's window back after the store has lost them. Those that it has stay as they are. */
    Uni<Void> restore(TenantRoot root, Charge.Money budget, List<OpenHold> holds);

    /**
     * Puts what was used in place of what was reserved, below zero if need be, and frees slots and holds. Settled totals are raised in any case,
     * also when the lease has ended; repeating it changes nothing.
     */
    Uni<Void> settle(TenantRoot root, String reservationId, List<ActualCharge> used);

    /** Gives everything back. Repeating it, or calling it after {@link #settle}, changes nothing. */
    Uni<Void> release(TenantRoot root, String reservationId, List<Charge> charges);

    /** The payload of a reservation; null when it is unknown or forgotten. */
    Uni<String> payloadOf(TenantRoot root, String reservationId);
}
