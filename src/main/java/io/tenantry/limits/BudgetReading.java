package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.ReadSession;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;

/** Answers questions about budgets. They belong to no tenant, so a scope with this right reaches all of them. */
@ApplicationScoped
class BudgetReading {

    private final BudgetRepository repository;

    BudgetReading(BudgetRepository repository) {
        this.repository = repository;
    }

    /** These budgets, private ones too; unknown ids are left out. */
    Uni<List<BudgetView>> info(Scope scope, Collection<String> budgetIds) {
        return Panache.withSession(() -> Budget.<Budget>list("budgetId in ?1 order by budgetId", budgetIds))
                .map(found -> found.stream().map(BudgetView::of).toList());
    }

    /** The shared budgets with what they limit. Private ones show on their owners. */
    Uni<List<BudgetView>> list(Scope scope) {
        return ReadSession.with(() -> repository.shared().flatMap(budgets -> repository
                .linked(budgets.stream().map(budget -> budget.budgetId).toList())
                .map(linked -> budgets.stream()
                        .map(budget -> BudgetView.of(budget, linked.getOrDefault(budget.budgetId, List.of())))
                        .toList())));
    }

    /** The fields of a form for this budget; fails with NOT_FOUND. */
    Uni<List<BudgetSettingView>> settings(Scope scope, String budgetId) {
        return Panache.withSession(() -> repository.require(budgetId)).map(BudgetSettingView::of);
    }
}
