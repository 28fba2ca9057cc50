package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Ids;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.LimitColumns;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Budgets as rows, for the objects that carry one. */
@ApplicationScoped
class StoredBudgetDirectory implements BudgetDirectory {

    @Override
    public Uni<BudgetTerms> createFor(Owner owner, LimitColumns limits, String actor) {
        var budget = new Budget();
        budget.budgetId = Ids.random();
        budget.ownerKind = owner.kind();
        budget.ownerId = owner.id();
        budget.limits = limits;
        budget.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        budget.updatedAt = budget.createdAt;
        budget.createdBy = actor;
        budget.updatedBy = actor;
        // flushed at once: the rows that refer to it may be written by SQL that Hibernate does not order
        return Panache.getSession()
                .flatMap(session -> session.persist(budget).chain(session::flush))
                .replaceWith(() -> terms(budget));
    }

    @Override
    public Uni<BudgetTerms> requireShared(String budgetId) {
        return Budget.<Budget>findById(budgetId)
                .map(budget -> budget != null && budget.isShared() ? terms(budget) : null)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.BUDGET, budgetId));
    }

    @Override
    public Uni<Map<String, BudgetTerms>> byIds(Collection<String> budgetIds) {
        return budgetIds.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : Budget.<Budget>list("budgetId in ?1", budgetIds).map(StoredBudgetDirectory::byId);
    }

    @Override
    public Uni<Void> deletePrivate(Collection<String> budgetIds) {
        return budgetIds.isEmpty()
                ? Uni.createFrom().voidItem()
                : Budget.delete("budgetId in ?1 and ownerKind is not null", budgetIds)
                        .replaceWithVoid();
    }

    private static Map<String, BudgetTerms> byId(List<Budget> budgets) {
        return budgets.stream()
                .map(StoredBudgetDirectory::terms)
                .collect(Collectors.toMap(BudgetTerms::budgetId, terms -> terms));
    }

    private static BudgetTerms terms(Budget budget) {
        return new BudgetTerms(budget.budgetId, budget.limitsOrNone());
    }
}
