package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceRef;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.LimitPatch;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;

/** The budget of a customer or a tag: a shared one named by its id, or a private one made of the limits in the request. */
@ApplicationScoped
class LinkedBudgets {

    /** Not if somebody else shares it, and not the one that stays. */
    private static final String DELETE_PRIVATE = """
            delete from budget where owner_kind = :kind and owner_id = any(:owners)
                                 and budget_id is distinct from cast(:kept as text)""";

    private final BudgetDirectory budgets;
    private final BudgetRepository repository;

    LinkedBudgets(BudgetDirectory budgets, BudgetRepository repository) {
        this.budgets = budgets;
        this.repository = repository;
    }

    /**
     * The budget of something new; null where neither an id nor a limit is asked for. Fails with VALIDATION where both are, with NOT_FOUND for a
     * shared budget that does not exist.
     */
    Uni<BudgetTerms> create(ResourceRef owner, String sharedId, LimitColumns limits, String actor) {
        if (sharedId != null) {
            requireOneOf(!limits.isEmpty());
            return budgets.requireShared(sharedId);
        }
        return limits.isEmpty()
                ? Uni.createFrom().nullItem()
                : budgets.createFor(new Owner(owner.kind().label, owner.id()), limits, actor);
    }

    /**
     * The budget after an update; null where there is none. A private one that is not linked any more is left for {@link #deletePrivate}. Fails
     * with BUDGET_CONFLICT where limits are to change that others share.
     */
    Uni<BudgetTerms> change(ResourceRef owner, String current, Patch<String> link, LimitPatch limits, String actor) {
        var linked = link.over(current);
        boolean relinked = linked != null && !linked.equals(current);
        requireOneOf(relinked && limits.sets());
        if (relinked) {
            return budgets.requireShared(linked);
        }
        if (linked == null) {
            return create(owner, null, limits.over(new LimitColumns()), actor);
        }
        return limits.isPresent()
                ? repository.lock(linked).flatMap(budget -> changeLimits(budget, limits, actor))
                : repository.require(linked).map(LinkedBudgets::terms);
    }

    private static void requireOneOf(boolean both) {
        if (both) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("budget_id")
                    .detail("Send either budget_id or limits: a shared budget has limits of its own");
        }
    }

    private static Uni<BudgetTerms> changeLimits(Budget budget, LimitPatch limits, String actor) {
        if (budget.isShared()) {
            throw Problem.of(ProblemCode.BUDGET_CONFLICT)
                    .param("budget_id")
                    .detail(
                            "Budget '%s' is shared: change it with /budget/update, or send budget_id null to have limits of your own",
                            budget.budgetId);
        }
        budget.limits = limits.over(budget.limitsOrNone());
        budget.updatedBy = actor;
        return Panache.getSession().flatMap(session -> session.flush()).replaceWith(() -> terms(budget));
    }

    /** Deletes the private budgets of these owners, except the one that is kept; what refers to them must have been written before. */
    Uni<Void> deletePrivate(String ownerKind, Collection<String> ownerIds, String kept) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(DELETE_PRIVATE)
                        .setParameter("kind", ownerKind)
                        .setParameter("owners", ownerIds.toArray(String[]::new))
                        .setParameter("kept", kept)
                        .executeUpdate())
                .replaceWithVoid();
    }

    private static BudgetTerms terms(Budget budget) {
        return new BudgetTerms(budget.budgetId, budget.limitsOrNone());
    }
}
