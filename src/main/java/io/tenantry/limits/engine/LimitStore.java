package io.tenantry.limits.engine;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where balances live. Each call is one atomic step over everything it names. A store that cannot answer fails with {@link StoreUnavailable}. */
public interface LimitStore {

    /** Takes every charge or none. */
    Uni<ReserveResult> reserve(Reservation reservation);

    /** What {@link #reserve} would find; takes nothing. Answers with Looked, Stale or TotalsMissing. */
    Uni<ReserveResult> look(Reservation reservation);

    /** Whether these versions are still the current ones; false also when the store does not know them. Takes nothing. */
    Uni<Boolean> isCurrent(TenantRoot root, List<ObjectVersion> versions);

    /** The version that the store knows of an object; null when it knows none. */
    Uni<Long> versionOf(TenantRoot root, ResourceKind kind, String id);

    /** Makes versions known, as read from the database. Never lowers one. */
    Uni<Void> publish(TenantRoot root, List<ObjectVersion> versions);

    /**
     * Makes a budget's settled total known, as read from the ledger. An earlier figure changes nothing.
     *
     * @param asOfMicros the store's time by which the total was asked for: holds that had lapsed by then are in it, if they were booked
     */
    Uni<Void> load(TenantRoot root, Charge.Budget budget, SettledTotal total, long asOfMicros);

    /**
     * Puts an open reservation's slots and holds back after the store has lost them. One that it knows stays as it is, or is renewed where its lease
     * would end earlier.
     */
    Uni<Void> restore(OpenReservation reservation);

    /** Renews the lease. Answers with its new end, empty when the reservation has ended, lapsed, or is forgotten. */
    Uni<Optional<Instant>> extend(
            TenantRoot root, String reservationId, List<Charge> charges, Duration lease, Duration memory);

    /**
     * Puts what was used in place of what was reserved, below zero if need be, and frees slots and holds. Settled totals are raised in any case,
     * also when the lease has ended; repeating it changes nothing.
     */
    Uni<Void> settle(TenantRoot root, String reservationId, List<ActualCharge> used);

    /** Gives everything back. Repeating it, or calling it after {@link #settle}, changes nothing. */
    Uni<Void> release(TenantRoot root, String reservationId, List<Charge> charges);

    /** As {@link #release}, where one of these attempts has taken it. */
    Uni<Void> undo(TenantRoot root, String reservationId, List<Charge> charges, Attempts attempts);

    /** What was answered to a reservation that was taken; null when it is unknown or forgotten. */
    Uni<ReserveResult.Repeated> remembered(TenantRoot root, String reservationId);

    /** The payload of a reservation; null when it is unknown or forgotten. */
    Uni<Buffer> payloadOf(TenantRoot root, String reservationId);
}
