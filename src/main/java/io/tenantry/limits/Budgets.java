package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.SharedBudgetLimits;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** What changes budgets. A change is true at once for everything that the budget limits. */
@ApplicationScoped
public class Budgets {

    /** A message names this many users of a budget. */
    private static final int MOST_NAMED = 5;

    private final Changes changes;
    private final AuditTrail audit;
    private final BudgetRepository repository;

    private final SharedBudgetLimits parents;
    private final BudgetsOfSettings settings;

    Budgets(
            Changes changes,
            AuditTrail audit,
            BudgetRepository repository,
            SharedBudgetLimits parents,
            BudgetsOfSettings settings) {
        this.parents = parents;
        this.settings = settings;
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
    }

    /** Makes a shared budget. Fails with ALREADY_EXISTS for an id that is taken, also by a private one. */
    Uni<BudgetView> create(Scope scope, NewBudgetRequest request) {
        var budget = request.toBudget(scope.caller().actor());
        return changes.inTransaction(() -> requireFree(budget.budgetId)
                .chain(() -> budget.<Budget>persistAndFlush())
                .map(BudgetView::of)
                .call(view -> audit.record(AuditAction.CREATED, budget.ref(), null, null, view)));
    }

    private static Uni<Budget> requireFree(String budgetId) {
        return Budget.<Budget>findById(budgetId).invoke(taken -> {
            if (taken != null) {
                throw Problem.of(ProblemCode.ALREADY_EXISTS)
                        .param("budget_id")
                        .detail("Budget '%s' already exists", budgetId);
            }
        });
    }

    /**
     * Changes a budget, shared or private. Fails with NOT_FOUND, with PARENT_LIMIT_EXCEEDED where a key of it would have more than its team or
     * organization, or a team or key of its organizations has more.
     */
    Uni<BudgetView> update(Scope scope, UpdateBudgetRequest request) {
        request.requireSupported();
        return changes.inTransaction(() -> parents.hold(request.budgetId())
                .chain(() -> repository.lock(request.budgetId()))
                .flatMap(budget -> change(scope, budget, request)));
    }

    private Uni<BudgetView> change(Scope scope, Budget budget, UpdateBudgetRequest request) {
        var before = BudgetView.of(budget);
        var limitsBefore = budget.limitsOrNone().copy();
        budget.limits = request.over(budget.limitsOrNone());
        budget.updatedBy = scope.caller().actor();
        return readBack(budget)
                .chain(() -> parents.requireFit(budget.budgetId, limitsBefore, budget.limitsOrNone()))
                .map(done -> BudgetView.of(budget))
                .call(after -> audit.record(AuditAction.UPDATED, budget.ref(), null, before, after));
    }

    /** A trigger says when a row was changed. */
    private static Uni<Budget> readBack(Budget budget) {
        return Panache.getSession()
                .flatMap(session -> session.flush().chain(() -> session.refresh(budget)))
                .replaceWith(budget);
    }

    /** Deletes a shared budget that limits nothing. Fails with NOT_FOUND, and with IN_USE naming what it limits or whose it is. */
    Uni<BudgetView> delete(Scope scope, String budgetId) {
        return changes.inTransaction(() -> repository
                .lock(budgetId)
                .call(this::requireUnused)
                .call(budget -> budget.delete())
                .map(BudgetView::of)
                .call(view -> audit.record(AuditAction.DELETED, Budget.ref(budgetId), null, view, null)));
    }

    private Uni<?> requireUnused(Budget budget) {
        if (!budget.isShared()) {
            throw inUse("Budget '%s' belongs to %s '%s' and is deleted with it"
                    .formatted(budget.budgetId, budget.ownerKind.replace('_', ' '), budget.ownerId));
        }
        settings.naming(budget.budgetId).ifPresent(setting -> {
            throw inUse("Budget '%s' is in use by the setting %s".formatted(budget.budgetId, setting));
        });
        return repository.linked(List.of(budget.budgetId)).invoke(linked -> {
            var users = linked.getOrDefault(budget.budgetId, List.of());
            if (!users.isEmpty()) {
                throw inUse("Budget '%s' is in use by %s".formatted(budget.budgetId, named(users)));
            }
        });
    }

    private static Problem inUse(String detail) {
        return Problem.of(ProblemCode.IN_USE).param("id").detail("%s", detail);
    }

    private static String named(List<LinkedEntityView> users) {
        var some = users.stream().limit(MOST_NAMED).map(LinkedEntityView::named).toList();
        return String.join(", ", some) + (users.size() > MOST_NAMED ? " and more" : "");
    }
}
