package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;

import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.util.List;
import java.util.Map;

/** Organizations together with everything their views are made of, loaded with a fixed number of statements. */
record OrganizationFacts(
        List<Organization> organizations,
        Map<String, List<OrganizationMember>> members,
        Map<String, BudgetTerms> budgets,
        Map<String, ObjectPermission> permissions,
        TeamFacts teams,
        Map<String, List<String>> teamsOfUsers,
        Map<String, List<Team>> teamsById) {

    OrganizationFacts(
            List<Organization> organizations,
            Map<String, List<OrganizationMember>> members,
            Map<String, BudgetTerms> budgets,
            Map<String, ObjectPermission> permissions,
            TeamFacts teams,
            Map<String, List<String>> teamsOfUsers) {
        this(organizations, members, budgets, permissions, teams, teamsOfUsers, byOrganization(teams));
    }

    private static Map<String, List<Team>> byOrganization(TeamFacts teams) {
        return teams.teams().stream()
                .filter(team -> team.organizationId != null)
                .collect(groupingBy(team -> team.organizationId));
    }

    List<OrganizationMember> members(Organization organization) {
        return members.getOrDefault(organization.organizationId, List.of());
    }

    BudgetTerms budget(Organization organization) {
        return budgets.get(organization.budgetId);
    }

    LimitColumns limits(Organization organization) {
        var budget = budget(organization);
        return budget == null ? new LimitColumns() : budget.limits();
    }

    BudgetTerms budget(OrganizationMembership membership) {
        return membership.budgetId == null ? null : budgets.get(membership.budgetId);
    }

    private ObjectPermission permission(Organization organization) {
        return organization.objectPermissionId == null ? null : permissions.get(organization.objectPermissionId);
    }

    /** Without members and teams. */
    OrganizationView view(Organization organization, OrganizationSpend spend) {
        return OrganizationView.of(
                organization, budget(organization), permission(organization), spend.of(organization));
    }

    /** With members, but not their users, and teams. */
    OrganizationView viewWithMembers(Organization organization, OrganizationSpend spend) {
        return view(organization, spend)
                .with(memberViews(organization, spend, Users.OMITTED), teamViews(organization, spend));
    }

    /** With members, their users and teams. */
    OrganizationView viewWithUsers(Organization organization, OrganizationSpend spend) {
        return view(organization, spend)
                .with(memberViews(organization, spend, Users.SHOWN), teamViews(organization, spend));
    }

    private enum Users {
        SHOWN,
        OMITTED
    }

    private List<OrganizationMembershipView> memberViews(
            Organization organization, OrganizationSpend spend, Users users) {
        return members(organization).stream()
                .map(member -> memberView(member, spend, users == Users.SHOWN ? userView(member, spend) : null))
                .toList();
    }

    OrganizationMembershipView memberView(OrganizationMember member, OrganizationSpend spend, UserView user) {
        return OrganizationMembershipView.of(member, budget(member.membership()), spend.of(member.membership()), user);
    }

    UserView userView(OrganizationMember member, OrganizationSpend spend) {
        return TeamReading.userView(member.user(), teamsOfUsers, spend.users());
    }

    private List<TeamView> teamViews(Organization organization, OrganizationSpend spend) {
        return teamsById.getOrDefault(organization.organizationId, List.of()).stream()
                .map(team -> teams.view(team, spend.of(team)))
                .toList();
    }
}
