package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Deletes teams whole: with their keys, members, private budgets and permissions, in one transaction. What was spent, and the trail of what was
 * done, stays.
 */
@ApplicationScoped
class TeamDeletion {

    // Whoever changes one of these members now is waited for; whoever comes later finds nothing. Members before keys,
    // as everywhere.
    private static final String LOCK_MEMBERS = """
            select team_id || '/' || user_id from team_membership where team_id = any(cast(:teams as text[]))
            order by team_id, user_id for update""";

    private static final String DELETE_MEMBERS =
            "delete from team_membership where team_id = any(cast(:teams as text[]))";

    private static final String DELETE_TEAMS = "delete from team where team_id = any(cast(:teams as text[]))";

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamPlaces places;
    private final TeamRepository repository;
    private final OwnedKeys keys;
    private final OwnedBudgets budgets;
    private final OwnedPermissions permissions;

    TeamDeletion(
            Changes changes,
            AuditTrail audit,
            TeamPlaces places,
            TeamRepository repository,
            OwnedKeys keys,
            OwnedBudgets budgets,
            OwnedPermissions permissions) {
        this.changes = changes;
        this.audit = audit;
        this.places = places;
        this.repository = repository;
        this.keys = keys;
        this.budgets = budgets;
        this.permissions = permissions;
    }

    /** Deletes all of these teams, or none: fails with NOT_FOUND naming the first that is not within the scope. */
    Uni<List<String>> delete(Scope scope, List<String> teamIds) {
        var ids = List.copyOf(new LinkedHashSet<>(teamIds));
        return changes.inTransaction(() -> places.lockAll(scope, ids).chain(this::delete))
                .replaceWith(ids);
    }

    /** Deletes teams that this transaction has locked. */
    Uni<Void> delete(List<Team> teams) {
        if (teams.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var ids = teams.stream().map(team -> team.teamId).toList();
        return repository.facts(teams).call(() -> deleteRows(teams, ids)).flatMap(this::recordDeleted);
    }

    private Uni<Void> deleteRows(List<Team> teams, List<String> ids) {
        return lockMembers(ids)
                .call(() -> keys.endOfTeams(ids))
                .call(() -> run(DELETE_MEMBERS, ids))
                .call(() -> run(DELETE_TEAMS, ids))
                .call(members -> budgets.deleteOf(ResourceKind.TEAM_MEMBER.label, members))
                .call(() -> budgets.deleteOf(Owner.TEAM_MEMBER_DEFAULT, ids))
                .chain(() -> permissions.delete(
                        teams.stream().map(team -> team.objectPermissionId).toList()));
    }

    private static Uni<List<String>> lockMembers(List<String> teamIds) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(LOCK_MEMBERS, String.class)
                .setParameter("teams", teamIds.toArray(String[]::new))
                .getResultList());
    }

    private static Uni<Integer> run(String statement, List<String> teamIds) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(statement)
                .setParameter("teams", teamIds.toArray(String[]::new))
                .executeUpdate());
    }

    private Uni<Void> recordDeleted(TeamFacts facts) {
        return audit.recordAll(facts.teams().stream()
                .map(team -> new AuditTrail.Entry(
                        AuditAction.DELETED,
                        team.ref(),
                        team.organizationId,
                        facts.view(team, TeamSpend.NONE.of(team)),
                        null))
                .toList());
    }
}
