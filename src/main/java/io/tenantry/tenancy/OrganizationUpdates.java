package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.OrganizationRepository.Depth;
import io.tenantry.tenancy.OwnedBudgets.Held;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;

/**
 * Changes of what an organization is and may. It is locked from reading it until the change is committed, so that two updates of different
 * fields both survive and no team or key comes in between that would have more than the organization.
 */
@ApplicationScoped
class OrganizationUpdates {

    private final Changes changes;
    private final AuditTrail audit;
    private final OrganizationRepository repository;
    private final ChildLimits children;
    private final Allocation allocation;
    private final Throughput throughput;
    private final OwnedPermissions permissions;
    private final BudgetDirectory budgets;
    private final OwnedBudgets ownedBudgets;

    OrganizationUpdates(
            Changes changes,
            AuditTrail audit,
            OrganizationRepository repository,
            ChildLimits children,
            Allocation allocation,
            Throughput throughput,
            OwnedPermissions permissions,
            BudgetDirectory budgets,
            OwnedBudgets ownedBudgets) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.children = children;
        this.allocation = allocation;
        this.throughput = throughput;
        this.permissions = permissions;
        this.budgets = budgets;
        this.ownedBudgets = ownedBudgets;
    }

    /**
     * Updates an organization and answers with its id. Fails with NOT_FOUND outside the scope, with FORBIDDEN for a field that only a proxy admin
     * may change, with PARENT_LIMIT_EXCEEDED naming the team or key that would have more than the organization.
     */
    Uni<String> update(
            Scope scope, String organizationId, UpdateOrganizationRequest request, FoldedMetadata.Rule rule) {
        request.requireSupported();
        requireMayChange(scope, organizationId, request);
        return changes.inTransaction(() -> ModelLists.hold(request.models().isPresent())
                .chain(() -> lock(organizationId))
                .flatMap(organization -> view(scope, organization).flatMap(before -> change(
                                scope, organization, request, rule)
                        .chain(() -> view(scope, organization))
                        .call(after -> audit.record(
                                AuditAction.UPDATED, organization.ref(), organization.organizationId, before, after))))
                .replaceWith(organizationId));
    }

    private static void requireMayChange(Scope scope, String organizationId, UpdateOrganizationRequest request) {
        if (!scope.boundary().holdsOrganization(organizationId)) {
            throw Problem.notFound(ResourceKind.ORGANIZATION, organizationId);
        }
        var field = scope.boundary().everything() ? null : request.fieldOfProxyAdmins();
        if (field != null) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param(field)
                    .detail(
                            "Not allowed: only a proxy admin changes what an organization may have; its admins change its alias, its metadata, members_may_create_teams, members_may_create_keys and strict_allocation");
        }
    }

    private static Uni<Organization> lock(String organizationId) {
        return Organization.<Organization>findById(organizationId, LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.ORGANIZATION, organizationId));
    }

    private Uni<Void> change(
            Scope scope, Organization organization, UpdateOrganizationRequest request, FoldedMetadata.Rule rule) {
        var limits = request.limits();
        var modelsBefore = new Rates(null, null, organization.modelTpmLimit, organization.modelRpmLimit);
        request.applyTo(organization, rule);
        organization.updatedBy = scope.caller().actor();
        return budgets.byIds(List.of(organization.budgetId))
                .map(terms -> modelsBefore.with(terms.get(organization.budgetId).limits()))
                .flatMap(before -> changeBudget(organization, request)
                        .flatMap(held ->
                                limits.isPresent() ? changeLimits(organization, held, limits) : item(held.terms()))
                        .map(terms -> ParentLimits.of(organization, terms))
                        .call(parent -> requireChildren(parent, request))
                        .call(parent -> throughput.requireChildrenFit(parent, before)))
                .chain(() -> permissions.change(
                        organization.objectPermissionId,
                        request.objectPermission(),
                        id -> organization.objectPermissionId = id))
                .chain(() -> readBack(organization));
    }

    private static Uni<BudgetTerms> item(BudgetTerms terms) {
        return Uni.createFrom().item(terms);
    }

    /** Links a shared budget, or gives an organization that had one a budget of its own again. */
    private Uni<Held> changeBudget(Organization organization, UpdateOrganizationRequest request) {
        var wanted = request.budgetId().orNull();
        return ownedBudgets.lock(organization.budgetId).flatMap(held -> {
            if (!request.budgetId().isPresent() || organization.budgetId.equals(wanted)) {
                return Uni.createFrom().item(held);
            }
            if (wanted == null || wanted.isBlank()) {
                return held.shared() ? ownAgain(organization) : Uni.createFrom().item(held);
            }
            return budgets.requireShared(wanted)
                    .invoke(terms -> organization.budgetId = wanted)
                    .call(OrganizationUpdates::flush)
                    .call(() -> ownedBudgets.deleteOf(Owner.ORGANIZATION, List.of(organization.organizationId)))
                    .map(terms -> new Held(terms, true));
        });
    }

    private Uni<Held> ownAgain(Organization organization) {
        return budgets.createFor(
                        Owner.organization(organization.organizationId), new LimitColumns(), organization.updatedBy)
                .invoke(terms -> organization.budgetId = terms.budgetId())
                .map(terms -> new Held(terms, false));
    }

    private Uni<BudgetTerms> changeLimits(Organization organization, Held held, LimitPatch patch) {
        var limits = patch.over(held.terms().limits());
        if (held.shared()) {
            throw Problem.of(ProblemCode.BUDGET_CONFLICT)
                    .param("budget_id")
                    .detail(
                            "Organization '%s' has the limits of the shared budget '%s': change that budget, or send budget_id: null with the limits that the organization shall have of its own",
                            organization.organizationId, organization.budgetId);
        }
        return ownedBudgets.change(organization.budgetId, limits, organization.updatedBy);
    }

    /** A change that touches no limit goes through also where children stopped fitting. */
    private Uni<Void> requireChildren(ParentLimits limits, UpdateOrganizationRequest request) {
        var touched = request.limits().isPresent()
                || request.models().isPresent()
                || request.budgetId().isPresent();
        return (touched ? children.requireBelow(limits) : Uni.createFrom().voidItem())
                .chain(() -> touched || request.strictAllocation().isPresent()
                        ? allocation.requireAllFit(limits)
                        : Uni.createFrom().voidItem());
    }

    private Uni<OrganizationView> view(Scope scope, Organization organization) {
        return repository
                .facts(List.of(organization), Depth.ROW, scope.boundary())
                .map(facts -> facts.view(organization, OrganizationSpend.NONE));
    }

    private static Uni<Void> readBack(Organization organization) {
        return Panache.getSession().flatMap(session -> session.flush().chain(() -> session.refresh(organization)));
    }

    private static Uni<Void> flush() {
        return Panache.getSession().flatMap(session -> session.flush());
    }
}
