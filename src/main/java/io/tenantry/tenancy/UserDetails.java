package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Boundary;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Completes users with what their views show and other tables hold: one statement per table, however many users. Of teams and organizations only
 * those inside the caller's boundary.
 */
@ApplicationScoped
class UserDetails {

    private final TeamRepository teams;
    private final BudgetDirectory budgets;
    private final SpendLookup spend;

    UserDetails(TeamRepository teams, BudgetDirectory budgets, SpendLookup spend) {
        this.teams = teams;
        this.budgets = budgets;
        this.spend = spend;
    }

    private record Rows(
            Map<String, User> users,
            Map<String, List<String>> teams,
            List<OrganizationMembership> memberships,
            Map<String, BudgetTerms> budgets,
            Map<String, ObjectPermission> permissions) {

        List<SpendLookup.Scope> userScopes() {
            return users.values().stream()
                    .map(user -> SpendLookup.Scope.of(user.userId, user.limitsOrNone()))
                    .toList();
        }

        List<SpendLookup.Scope> memberScopes() {
            return memberships.stream()
                    .map(membership -> SpendLookup.Scope.of(membership.ref().id(), terms(membership)))
                    .toList();
        }

        private BudgetTerms terms(OrganizationMembership membership) {
            return membership.budgetId == null ? null : budgets.get(membership.budgetId);
        }

        Map<String, UserView> views(Map<String, NanoUsd> ofUsers, Map<String, NanoUsd> ofMembers) {
            var byUser = memberships.stream().collect(groupingBy(membership -> membership.userId));
            var views = new LinkedHashMap<String, UserView>();
            users.forEach((id, user) -> views.put(
                    id,
                    UserView.of(
                            user,
                            teams.getOrDefault(id, List.of()),
                            ofUsers.getOrDefault(id, NanoUsd.ZERO),
                            byUser.getOrDefault(id, List.of()).stream()
                                    .map(membership -> UserView.OfOrganization.of(
                                            membership,
                                            ofMembers.getOrDefault(
                                                    membership.ref().id(), NanoUsd.ZERO)))
                                    .toList(),
                            user.objectPermissionId == null ? null : permissions.get(user.objectPermissionId))));
            return views;
        }
    }

    /** Views of these users by id, as they are stored now; one that is gone is absent. Opens its own session, and asks for spend after it. */
    Uni<Map<String, UserView>> of(Boundary boundary, Collection<String> userIds) {
        if (userIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return Panache.withSession(() -> rows(boundary, userIds))
                .flatMap(rows -> spend.current(ResourceKind.USER, rows.userScopes())
                        .flatMap(ofUsers -> spend.current(ResourceKind.ORGANIZATION_MEMBER, rows.memberScopes())
                                .map(ofMembers -> rows.views(ofUsers, ofMembers))));
    }

    private Uni<Rows> rows(Boundary boundary, Collection<String> userIds) {
        return User.<User>list("userId in ?1", userIds)
                .flatMap(users -> teams.ofUsers(boundary, userIds).flatMap(ofUsers -> memberships(boundary, userIds)
                        .flatMap(memberships -> terms(memberships).flatMap(terms -> TeamRepository.permissions(
                                        users.stream().map(user -> user.objectPermissionId))
                                .map(permissions -> new Rows(
                                        users.stream().collect(toMap(user -> user.userId, user -> user)),
                                        ofUsers,
                                        memberships,
                                        terms,
                                        permissions))))));
    }

    private static Uni<List<OrganizationMembership>> memberships(Boundary boundary, Collection<String> userIds) {
        return OrganizationMembership.<OrganizationMembership>list("userId in ?1 order by createdAt", userIds)
                .map(found -> found.stream()
                        .filter(membership -> boundary.holdsOrganization(membership.organizationId)
                                || boundary.holdsUser(membership.userId))
                        .toList());
    }

    private Uni<Map<String, BudgetTerms>> terms(List<OrganizationMembership> memberships) {
        return budgets.byIds(memberships.stream()
                .map(membership -> membership.budgetId)
                .filter(Objects::nonNull)
                .distinct()
                .toList());
    }
}
