package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.LimitColumns;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a new key is to belong to, as it was found; a part is null when it was not asked for or does not exist.
 *
 * @param organization the team's, or else the one asked for
 * @param budget       the shared budget asked for
 * @param callerInTeam whether the caller is a member of the team, of whatever role
 * @param userInTeam   whether the user asked for is one
 */
record KeyParents(
        KeyOwner asked,
        KeyParent user,
        KeyParent team,
        KeyParent organization,
        LimitColumns budget,
        boolean callerInTeam,
        boolean userInTeam) {

    static final KeyParents NONE = new KeyParents(KeyOwner.NOBODY, null, null, null, null, false, false);

    /** The same parents, where only this much of them is asked for. */
    KeyParents asking(KeyOwner part) {
        return new KeyParents(part, user, team, organization, budget, callerInTeam, userInTeam);
    }

    /** The object permissions of team and organization: the ceilings of the key's own. */
    Stream<String> permissionIds() {
        return Stream.of(team, organization)
                .filter(Objects::nonNull)
                .map(KeyParent::permissionId)
                .filter(Objects::nonNull);
    }

    String organizationId() {
        return organization == null ? null : organization.id();
    }

    /** What is written into the key's own column: nothing where its team has an organization, so that a team can move. */
    String ownOrganizationId() {
        return team != null && team.organizationId() != null ? null : organizationId();
    }

    /**
     * Fails where something asked for is not there or is outside the scope, in the same words. Only of a team that the caller is a member
     * of, and so knows, it says that the right is missing.
     */
    void requireWithin(Scope scope) {
        requireTeam(scope);
        requireOrganization(scope);
        if (asked.userId() != null && user == null) {
            throw Problem.notFound(ResourceKind.USER, asked.userId());
        }
        // shared budgets are the proxy admins': for everybody else there are none
        if (asked.budgetId() != null && (budget == null || !scope.boundary().everything())) {
            throw Problem.notFound(ResourceKind.BUDGET, asked.budgetId());
        }
    }

    private void requireTeam(Scope scope) {
        if (asked.teamId() == null || (team != null && scope.boundary().holdsTeam(team.id(), team.organizationId()))) {
            return;
        }
        if (team != null && callerInTeam) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("team_id")
                    .detail(
                            "Not allowed: only admins of the team, and members that its team_member_permissions grant %s, may do this in team '%s'",
                            scope.action().route, asked.teamId());
        }
        throw Problem.notFound(ResourceKind.TEAM, asked.teamId());
    }

    private void requireOrganization(Scope scope) {
        if (asked.organizationId() == null) {
            return;
        }
        if (team != null && team.organizationId() != null) {
            requireOrganizationOfTeam();
        } else if (organization == null || !scope.boundary().holdsOrganization(organization.id())) {
            throw Problem.notFound(ResourceKind.ORGANIZATION, asked.organizationId());
        }
    }

    private void requireOrganizationOfTeam() {
        if (!asked.organizationId().equals(team.organizationId())) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("organization_id")
                    .detail("organization_id is not the organization of team '%s': leave it out", team.id());
        }
    }
}
