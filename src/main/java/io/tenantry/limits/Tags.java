package io.tenantry.limits;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;

/** What changes tags. */
@ApplicationScoped
public class Tags {

    private final Changes changes;
    private final AuditTrail audit;
    private final LinkedBudgets linked;
    private final BudgetDirectory budgets;

    Tags(Changes changes, AuditTrail audit, LinkedBudgets linked, BudgetDirectory budgets) {
        this.changes = changes;
        this.audit = audit;
        this.linked = linked;
        this.budgets = budgets;
    }

    /** Makes a tag. Fails with ALREADY_EXISTS for a name that is taken, with NOT_FOUND for a shared budget that does not exist. */
    Uni<Void> create(Scope scope, NewTagRequest request) {
        var tag = request.toTag(scope.caller().actor());
        var limits = request.limits();
        return changes.inTransaction(() -> requireFree(tag)
                .chain(() -> linked.create(
                        tag.ref(),
                        request.sharedBudgetOrNone(),
                        limits,
                        scope.caller().actor()))
                .call(budget -> {
                    tag.budgetId = budget == null ? null : budget.budgetId();
                    return tag.persistAndFlush();
                })
                .call(budget -> audit.record(AuditAction.CREATED, tag.ref(), null, null, audited(tag, budget)))
                .replaceWithVoid());
    }

    private static Uni<?> requireFree(Tag tag) {
        return Tag.<Tag>findById(tag.name).invoke(taken -> {
            if (taken != null) {
                throw Problem.of(ProblemCode.ALREADY_EXISTS).param("name").detail("Tag '%s' already exists", tag.name);
            }
        });
    }

    /** Changes a tag. Fails with NOT_FOUND. */
    Uni<Void> update(Scope scope, UpdateTagRequest request) {
        request.requireSupported();
        return changes.inTransaction(() -> lock(request.name()).flatMap(tag -> budgetOf(tag)
                .map(budget -> audited(tag, budget))
                .flatMap(before -> change(scope, tag, request)
                        .flatMap(budget ->
                                audit.record(AuditAction.UPDATED, tag.ref(), null, before, audited(tag, budget))))));
    }

    private static Uni<Tag> lock(String name) {
        return Tag.<Tag>findById(name, LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.TAG, name));
    }

    private Uni<BudgetTerms> budgetOf(Tag tag) {
        return tag.budgetId == null
                ? Uni.createFrom().nullItem()
                : budgets.byIds(List.of(tag.budgetId)).map(found -> found.get(tag.budgetId));
    }

    private Uni<BudgetTerms> change(Scope scope, Tag tag, UpdateTagRequest request) {
        var actor = scope.caller().actor();
        return linked.change(tag.ref(), tag.budgetId, request.budgetId(), request.limits(), actor)
                .call(budget -> {
                    BudgetReset.require(request.budgetResetAt().orNull(), budget);
                    tag.description = request.description().over(tag.description);
                    tag.budgetId = budget == null ? null : budget.budgetId();
                    tag.updatedBy = actor;
                    return Panache.getSession()
                            .flatMap(session -> session.flush().chain(() -> session.refresh(tag)));
                })
                .call(() -> linked.deletePrivate(ResourceKind.TAG.label, List.of(tag.name), tag.budgetId));
    }

    /** Deletes a tag with its own budget; what was spent under it stays booked. Fails with NOT_FOUND. */
    Uni<Void> delete(Scope scope, String name) {
        return changes.inTransaction(() -> lock(name)
                .call(tag -> budgetOf(tag)
                        .map(budget -> audited(tag, budget))
                        .call(() -> tag.delete())
                        .call(() -> Panache.getSession().flatMap(session -> session.flush()))
                        .call(before -> linked.deletePrivate(ResourceKind.TAG.label, List.of(name), null))
                        .flatMap(before -> audit.record(AuditAction.DELETED, tag.ref(), null, before, null)))
                .replaceWithVoid());
    }

    /** What an audit entry keeps: everything but the spend, which no change here changes. */
    private static TagView audited(Tag tag, BudgetTerms budget) {
        return TagView.of(tag, budget, NanoUsd.ZERO);
    }
}
