package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * What tenancy needs of the keys that are linked to one budget, of which there may be thousands: each call is a constant number of statements, in
 * the transaction that changes the budget.
 */
public interface BudgetedKeys {

    /** Holds the organizations and teams of these keys, and those that have the budget themselves, before the keys and the budget are locked. */
    Uni<Void> holdParents(String budgetId);

    /**
     * Fails with PARENT_LIMIT_EXCEEDED naming a key that would have more than its team or organization. What a key has of its own is not asked of
     * the budget, and so not compared.
     *
     * @param asked the budget's limits that are about to change; null where one stays
     */
    Uni<Void> requireWithinParents(String budgetId, LimitColumns asked);

    /** Fails with PARENT_LIMIT_EXCEEDED where a parent of these keys that hands out its budget exactly, or one of the organizations, would hand out more. */
    Uni<Void> requireRoom(String budgetId, List<String> organizationIds);
}
