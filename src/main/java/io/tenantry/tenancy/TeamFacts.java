package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.util.List;
import java.util.Map;

/** Teams together with everything their views are made of, loaded with a fixed number of statements. */
record TeamFacts(
        List<Team> teams,
        Map<String, List<TeamMember>> rosters,
        Map<String, BudgetTerms> budgets,
        Map<String, ObjectPermission> permissions) {

    List<TeamMember> roster(Team team) {
        return rosters.getOrDefault(team.teamId, List.of());
    }

    /** Only this team and these of its members. */
    TeamFacts withRoster(Team team, List<TeamMember> members) {
        return new TeamFacts(List.of(team), Map.of(team.teamId, members), budgets, permissions);
    }

    /** What the member may spend: the own budget, else the team's default; null where neither is set. */
    BudgetTerms budgetOf(Team team, TeamMembership membership) {
        var id = membership.budgetId == null ? team.memberBudgetId : membership.budgetId;
        return id == null ? null : budgets.get(id);
    }

    TeamView view(Team team, NanoUsd spend) {
        var entries = roster(team).stream().map(TeamView.Listed::of).toList();
        return TeamView.of(team, entries, spend, permission(team));
    }

    /** As {@link #view}, with the aliases of members. */
    TeamView viewWithAliases(Team team, NanoUsd spend) {
        var entries = roster(team).stream().map(TeamView.Named::of).toList();
        return TeamView.of(team, entries, spend, permission(team));
    }

    /** As answers to writes show it: without the source of the budget. */
    TeamMembershipView membershipView(Team team, TeamMembership membership, TeamSpend spend) {
        return TeamMembershipView.of(
                membership, budgetOf(team, membership), spend.of(membership), spend.everOf(membership), null);
    }

    TeamMembershipView membershipViewWithSource(Team team, TeamMembership membership, TeamSpend spend) {
        return TeamMembershipView.of(
                membership,
                budgetOf(team, membership),
                spend.of(membership),
                spend.everOf(membership),
                budgetSource(team, membership));
    }

    private static String budgetSource(Team team, TeamMembership membership) {
        if (membership.budgetId != null) {
            return "custom";
        }
        return team.memberBudgetId == null ? "none" : "team_default";
    }

    private ObjectPermission permission(Team team) {
        return team.objectPermissionId == null ? null : permissions.get(team.objectPermissionId);
    }
}
