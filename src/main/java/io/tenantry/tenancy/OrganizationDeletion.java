package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.OrganizationRepository.Depth;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Deletes organizations whole: with their teams, keys, members, private budgets and permissions, in one transaction. What was spent, and the
 * trail of what was done, stays.
 */
@ApplicationScoped
class OrganizationDeletion {

    // Hibernate's own lock lets others go on referring to the row, such as by a new team.
    private static final String LOCK = """
            select * from organization where organization_id = any(cast(:organizations as text[]))
            order by organization_id for update""";

    private static final String LOCK_MEMBERS = """
            select organization_id || '/' || user_id from organization_membership
            where organization_id = any(cast(:organizations as text[])) order by organization_id, user_id for update""";

    private static final String DELETE_MEMBERS =
            "delete from organization_membership where organization_id = any(cast(:organizations as text[]))";

    private static final String DELETE_ORGANIZATIONS =
            "delete from organization where organization_id = any(cast(:organizations as text[]))";

    private final Changes changes;
    private final AuditTrail audit;
    private final OrganizationRepository repository;
    private final TeamPlaces places;
    private final TeamDeletion teams;
    private final OwnedKeys keys;
    private final OwnedBudgets budgets;
    private final OwnedPermissions permissions;

    OrganizationDeletion(
            Changes changes,
            AuditTrail audit,
            OrganizationRepository repository,
            TeamPlaces places,
            TeamDeletion teams,
            OwnedKeys keys,
            OwnedBudgets budgets,
            OwnedPermissions permissions) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.places = places;
        this.teams = teams;
        this.keys = keys;
        this.budgets = budgets;
        this.permissions = permissions;
    }

    /** Deletes all of these organizations, or none: fails with NOT_FOUND naming the first that does not exist. Answers with what they were. */
    Uni<OrganizationFacts> delete(Scope scope, List<String> organizationIds) {
        var ids = List.copyOf(new LinkedHashSet<>(organizationIds));
        return changes.inTransaction(() -> lock(scope, ids)
                .call(() -> places.lockAllOf(ids).flatMap(teams::delete))
                .flatMap(organizations -> lockMembers(ids).flatMap(members -> repository
                        .facts(organizations, Depth.WITH_MEMBERS, scope.boundary())
                        .call(facts -> deleteRows(facts, ids, members))))
                .call(this::recordDeleted));
    }

    private static Uni<List<Organization>> lock(Scope scope, List<String> ids) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(LOCK, Organization.class)
                        .setParameter("organizations", ids.toArray(String[]::new))
                        .getResultList())
                .invoke(found -> ids.stream()
                        .filter(id -> !scope.boundary().holdsOrganization(id)
                                || found.stream().noneMatch(organization -> organization.organizationId.equals(id)))
                        .findFirst()
                        .ifPresent(id -> {
                            throw Problem.notFound(ResourceKind.ORGANIZATION, id)
                                    .param("organization_ids");
                        }));
    }

    private Uni<Void> deleteRows(OrganizationFacts facts, List<String> ids, List<String> members) {
        return InTurn.collect(ids, id -> keys.endOfOrganization(id).replaceWith(id))
                .call(() -> run(DELETE_MEMBERS, ids))
                .call(() -> run(DELETE_ORGANIZATIONS, ids))
                .call(() -> budgets.deleteOf(ResourceKind.ORGANIZATION_MEMBER.label, members))
                .call(() -> budgets.deleteOf(Owner.ORGANIZATION, ids))
                .chain(() -> permissions.delete(facts.organizations().stream()
                        .map(organization -> organization.objectPermissionId)
                        .toList()));
    }

    private static Uni<List<String>> lockMembers(List<String> ids) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(LOCK_MEMBERS, String.class)
                .setParameter("organizations", ids.toArray(String[]::new))
                .getResultList());
    }

    private static Uni<Integer> run(String statement, List<String> ids) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(statement)
                .setParameter("organizations", ids.toArray(String[]::new))
                .executeUpdate());
    }

    private Uni<Void> recordDeleted(OrganizationFacts facts) {
        return audit.recordAll(facts.organizations().stream()
                .map(organization -> new AuditTrail.Entry(
                        AuditAction.DELETED,
                        organization.ref(),
                        organization.organizationId,
                        facts.viewWithMembers(organization, OrganizationSpend.NONE),
                        null))
                .toList());
    }
}
