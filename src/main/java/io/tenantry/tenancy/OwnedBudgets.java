package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.util.Collection;
import java.util.Map;

/** Private budgets, as their owners change and go. Each call runs in the caller's session and transaction, after the owner was locked. */
public interface OwnedBudgets {

    /** @param shared whether it has no owner, so that a change of it would change others */
    record Held(BudgetTerms terms, boolean shared) {}

    /** The budget, with nobody else changing it until this transaction ends. */
    Uni<Held> lock(String budgetId);

    /** Gives a budget these limits. */
    Uni<BudgetTerms> change(String budgetId, LimitColumns limits, String actor);

    /** Makes one budget of these limits for each of these owners, in one statement; answers with the budgets' ids by owner. */
    Uni<Map<String, String>> createForEach(
            String ownerKind, Collection<String> ownerIds, LimitColumns limits, String actor);

    /** Deletes these, which were made in this transaction and are not used. */
    Uni<Void> drop(Collection<String> budgetIds);

    /** Deletes what belongs to these owners alone. Nothing may refer to it any more. */
    Uni<Void> deleteOf(String ownerKind, Collection<String> ownerIds);
}
