package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
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

    /** @param window the one that runs now, or the lifetime */
    record Scope(String id, BudgetPeriod.Window window) {

        /** In the period of these limits, where days begin in their zone. */
        public static Scope of(String id, LimitColumns limits) {
            return new Scope(id, limits.windowNow());
        }

        /** In the period of this budget; for ever without one. */
        public static Scope of(String id, BudgetTerms terms) {
            return terms == null ? ofLifetime(id) : of(id, terms.limits());
        }

        public static Scope ofLifetime(String id) {
            return new Scope(id, BudgetPeriod.LIFETIME);
        }
    }
}
