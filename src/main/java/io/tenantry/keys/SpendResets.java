package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;

/** Forgiving what a key has spent. Implemented by the ledger, whose bookings stay as they are. */
public interface SpendResets {

    /**
     * Makes the key's spend in this window count as the target from now on, in the caller's transaction. Bookings that are made at the same time
     * are added to it.
     *
     * @return what counted until now; when that is less than the target, nothing was changed
     */
    Uni<NanoUsd> reset(String keyId, BudgetPeriod.Window window, NanoUsd target, String actor);
}
