package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.enterprise.context.ApplicationScoped;

/** Holds a shared budget above what the teams and keys of its organizations have. */
@ApplicationScoped
public class SharedBudgetLimits {

    private static final String ORGANIZATIONS =
            "select o.* from organization o where o.budget_id = :budget order by o.organization_id";

    private final ChildLimits children;

    SharedBudgetLimits(ChildLimits children) {
        this.children = children;
    }

    /**
     * Fails with PARENT_LIMIT_EXCEEDED naming the first team or key that has more than its organization would have with these limits. In the
     * transaction that changes the budget, whose organizations it has locked.
     */
    public Uni<Void> requireAboveChildren(String budgetId, LimitColumns limits) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(ORGANIZATIONS, Organization.class)
                        .setParameter("budget", budgetId)
                        .getResultList())
                .flatMap(organizations -> Multi.createFrom()
                        .iterable(organizations)
                        .onItem()
                        .transformToUniAndConcatenate(organization ->
                                children.requireBelow(ParentLimits.of(organization, new BudgetTerms(budgetId, limits))))
                        .collect()
                        .last())
                .replaceWithVoid();
    }
}
