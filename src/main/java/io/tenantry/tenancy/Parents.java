package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;

/**
 * Locks the organization of a team that is made or changed, until the transaction ends: its limits must still hold then. Where its budget
 * is handed out exactly, one such change at a time sees the sum; elsewhere they do not wait for each other.
 */
@ApplicationScoped
class Parents {

    private static final String IS_STRICT = "select strict_allocation from organization where organization_id = :id";

    private final BudgetDirectory budgets;

    Parents(BudgetDirectory budgets) {
        this.budgets = budgets;
    }

    /** What the organization leaves to its teams; fails with NOT_FOUND outside the scope. Null is no organization. */
    Uni<ParentLimits> lock(Scope scope, String organizationId) {
        if (organizationId == null) {
            return Uni.createFrom().item(ParentLimits.NONE);
        }
        if (!scope.boundary().holdsOrganization(organizationId)) {
            throw Problem.notFound(ResourceKind.ORGANIZATION, organizationId);
        }
        return lockOfTeam(organizationId);
    }

    /** As {@link #lock}, of a team that was found within the scope: its organization counts also where the caller does not reach it. */
    Uni<ParentLimits> lockOfTeam(String organizationId) {
        if (organizationId == null) {
            return Uni.createFrom().item(ParentLimits.NONE);
        }
        return isStrict(organizationId)
                .flatMap(strict -> lock(organizationId, strict))
                .flatMap(organization -> budgets.byIds(List.of(organization.budgetId))
                        .map(terms -> ParentLimits.of(organization, terms.get(organization.budgetId))));
    }

    private static Uni<Boolean> isStrict(String organizationId) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(IS_STRICT, Boolean.class)
                        .setParameter("id", organizationId)
                        .getSingleResultOrNull())
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.ORGANIZATION, organizationId));
    }

    private static Uni<Organization> lock(String organizationId, boolean strict) {
        var mode = strict ? LockModeType.PESSIMISTIC_WRITE : LockModeType.PESSIMISTIC_READ;
        return Organization.<Organization>findById(organizationId, mode)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.ORGANIZATION, organizationId))
                .invoke(organization -> {
                    if (organization.strictAllocation != strict) {
                        throw Problem.of(ProblemCode.CONFLICT).param("organization_id");
                    }
                });
    }
}
