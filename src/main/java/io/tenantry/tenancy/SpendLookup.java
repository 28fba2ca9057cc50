package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import java.util.Collection;
import java.util.Map;

/** What was booked: the {@code spend} that views show. Implemented by the ledger. */
public interface SpendLookup {

    /**
     * The spend of each scope in its current period, or of its lifetime where it has no period, by scope id. A scope without bookings is
     * absent from the answer.
     *
     * @param kind ORGANIZATION, TEAM, USER, KEY, TEAM_MEMBER or ORGANIZATION_MEMBER; a member's id is {@code outer/user}
     */
    Uni<Map<String, NanoUsd>> current(ResourceKind kind, Collection<Scope> scopes);

    /** @param budgetDuration the period as configured; null for the lifetime */
    record Scope(String id, String budgetDuration) {}
}
