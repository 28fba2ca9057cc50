package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;

/** Forgiving what a key, or a member of a team, has spent. Implemented by the ledger, whose bookings stay as they are. */
public interface SpendResets {

    /**
     * Makes the scope's spend in this window count as the target from now on, in the caller's transaction. Bookings that are made at the same time
     * are added to it.
     *
     * @param kind KEY or TEAM_MEMBER
     * @param id   as in {@link SpendLookup}
     * @return what counted until now; when that is less than the target, nothing was changed
     */
    Uni<NanoUsd> reset(ResourceKind kind, String id, BudgetPeriod.Window window, NanoUsd target, String actor);
}
