package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;

/** Changes of an organization's members, one at a time. */
@ApplicationScoped
class OrganizationMembers {

    private static final Set<String> GLOBAL_ADMINS = Set.of("proxy_admin", "proxy_admin_viewer");

    private final Changes changes;
    private final AuditTrail audit;
    private final OrganizationRepository repository;
    private final OrganizationRoster roster;
    private final BudgetDirectory budgets;
    private final OwnedBudgets ownedBudgets;
    private final OwnedKeys keys;

    OrganizationMembers(
            Changes changes,
            AuditTrail audit,
            OrganizationRepository repository,
            OrganizationRoster roster,
            BudgetDirectory budgets,
            OwnedBudgets ownedBudgets,
            OwnedKeys keys) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.roster = roster;
        this.budgets = budgets;
        this.ownedBudgets = ownedBudgets;
        this.keys = keys;
    }

    /** A member with what it may spend. */
    record Changed(OrganizationMember member, BudgetTerms terms) {

        OrganizationMembershipView view(OrganizationSpend spend) {
            return OrganizationMembershipView.of(member, terms, spend.of(member.membership()), null);
        }
    }

    /** Updates a member. Fails with NOT_FOUND for who is none, with FORBIDDEN for a proxy admin's own, which only a proxy admin may change. */
    Uni<Changed> update(Scope scope, UpdateOrganizationMemberRequest request) {
        var limits = request.limits();
        return changes.inTransaction(() -> member(scope, request.organizationId(), request.person())
                .flatMap(member -> state(member).map(OrganizationMembers::shown).flatMap(before -> {
                    member.membership().userRole =
                            request.role() == null ? member.membership().userRole : request.role();
                    return (limits.isPresent()
                                    ? changeLimits(scope, member.membership(), limits)
                                    : Uni.createFrom().voidItem())
                            .chain(() -> readBack(member.membership()))
                            .chain(() -> state(member))
                            .call(after -> record(AuditAction.UPDATED, member.membership(), before, shown(after)));
                })));
    }

    /** Takes a member out of the organization, with the budget and the keys that it had there outside of teams. */
    Uni<Changed> remove(Scope scope, String organizationId, Person person) {
        return changes.inTransaction(() -> member(scope, organizationId, person)
                .flatMap(this::state)
                .call(before -> remove(before.member().membership()))
                .call(before -> record(AuditAction.DELETED, before.member().membership(), shown(before), null)));
    }

    private static OrganizationMembershipView shown(Changed member) {
        return member.view(OrganizationSpend.NONE);
    }

    private Uni<Void> remove(OrganizationMembership membership) {
        return keys.endOfOrganizationMember(membership.organizationId, membership.userId)
                .chain(() -> roster.remove(membership))
                .chain(() -> ownedBudgets.deleteOf(
                        membership.ref().kind().label, List.of(membership.ref().id())));
    }

    private Uni<OrganizationMember> member(Scope scope, String organizationId, Person person) {
        return repository
                .require(scope, organizationId)
                .flatMap(organization -> roster.lock(organizationId, person))
                .invoke(member -> requireMayChange(scope, member.user()));
    }

    private static void requireMayChange(Scope scope, User user) {
        if (user.userRole != null
                && GLOBAL_ADMINS.contains(user.userRole)
                && !scope.boundary().everything()) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("user_id")
                    .detail("Not allowed: only a proxy admin may change the membership of a proxy admin");
        }
    }

    private Uni<Changed> state(OrganizationMember member) {
        var budgetId = member.membership().budgetId;
        return budgets.byIds(budgetId == null ? List.of() : List.of(budgetId))
                .map(found -> new Changed(member, budgetId == null ? null : found.get(budgetId)));
    }

    private Uni<Void> record(AuditAction action, OrganizationMembership membership, Object before, Object after) {
        return audit.record(action, membership.ref(), membership.organizationId, before, after);
    }

    private Uni<Void> changeLimits(Scope scope, OrganizationMembership membership, LimitPatch patch) {
        return membership.budgetId == null
                ? makeOwn(scope, membership, patch)
                : ownedBudgets.lock(membership.budgetId).flatMap(held -> {
                    var limits = patch.over(held.terms().limits());
                    return limits.isEmpty()
                            ? dropOwn(membership)
                            : ownedBudgets
                                    .change(
                                            membership.budgetId,
                                            limits,
                                            scope.caller().actor())
                                    .replaceWithVoid();
                });
    }

    private Uni<Void> makeOwn(Scope scope, OrganizationMembership membership, LimitPatch patch) {
        var limits = patch.over(new LimitColumns());
        return limits.isEmpty()
                ? Uni.createFrom().voidItem()
                : budgets.createFor(
                                Owner.organizationMember(membership.organizationId, membership.userId),
                                limits,
                                scope.caller().actor())
                        .invoke(terms -> membership.budgetId = terms.budgetId())
                        .replaceWithVoid();
    }

    private Uni<Void> dropOwn(OrganizationMembership membership) {
        membership.budgetId = null;
        return flush().chain(() -> ownedBudgets.deleteOf(
                membership.ref().kind().label, List.of(membership.ref().id())));
    }

    private static Uni<Void> readBack(OrganizationMembership membership) {
        return Panache.getSession().flatMap(session -> session.flush().chain(() -> session.refresh(membership)));
    }

    private static Uni<Void> flush() {
        return Panache.getSession().flatMap(session -> session.flush());
    }
}
