package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Making teams. Each change commits with its audit entries or not at all. */
@ApplicationScoped
public class Teams {

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamRepository repository;
    private final TeamRoster roster;
    private final Enrolment enrolment;
    private final BudgetDirectory budgets;
    private final Parents parents;
    private final Allocation allocation;
    private final Throughput throughput;
    private final TeamGroups groups;

    Teams(
            Changes changes,
            AuditTrail audit,
            TeamRepository repository,
            TeamRoster roster,
            Enrolment enrolment,
            BudgetDirectory budgets,
            Parents parents,
            Allocation allocation,
            Throughput throughput,
            TeamGroups groups) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.roster = roster;
        this.enrolment = enrolment;
        this.budgets = budgets;
        this.parents = parents;
        this.allocation = allocation;
        this.throughput = throughput;
        this.groups = groups;
    }

    /**
     * Makes a team. The caller becomes its admin. Fails with NOT_FOUND for an organization outside the scope, with PARENT_LIMIT_EXCEEDED where the
     * team would have more than its organization, with ALREADY_EXISTS for an id that is taken.
     */
    public Uni<TeamView> create(Scope scope, NewTeamRequest request) {
        var team = request.toTeam(scope.caller().actor());
        var memberDefaults = request.memberDefaults();
        TeamGroups.requireMayAssign(scope, List.of(), request.accessGroupIds());
        return changes.inTransaction(() -> ModelLists.hold(request.models() != null || request.accessGroupIds() != null)
                .chain(() -> groups.hold(scope, request.accessGroupIds()))
                .chain(() -> parentOf(scope, team))
                .invoke(parent -> parent.require(team))
                .call(() -> requireFree(team))
                .call(() -> requireOwnPast(team))
                .call(parent -> allocation.requireRoomForTeam(parent, team))
                .call(() -> throughput.requireRoomForTeam(team))
                .call(() -> giveMemberDefaults(team, memberDefaults))
                .call(() -> storePermission(team, request.objectPermission()))
                .call(() -> store(team))
                .call(() -> addFounders(scope, team, request.members()))
                .flatMap(parent -> repository.facts(List.of(team)))
                .map(facts -> facts.view(team, TeamSpend.NONE.of(team)))
                .call(view -> audit.record(AuditAction.CREATED, team.ref(), team.organizationId, null, view)));
    }

    private Uni<ParentLimits> parentOf(Scope scope, Team team) {
        return team.organizationId == null && !scope.boundary().everything()
                ? Uni.createFrom().failure(organizationMissing())
                : parents.lock(scope, team.organizationId);
    }

    private static Problem organizationMissing() {
        return Problem.of(ProblemCode.FORBIDDEN)
                .param("organization_id")
                .detail("Not allowed: only a proxy admin may create a team without organization_id");
    }

    private static Uni<Team> requireFree(Team team) {
        return Team.<Team>findById(team.teamId).invoke(taken -> {
            if (taken != null) {
                throw Problem.of(ProblemCode.ALREADY_EXISTS)
                        .param("team_id")
                        .detail("Team '%s' already exists", team.teamId);
            }
        });
    }

    /** The ledger keeps what deleted teams used, by their ids: another organization's must not come back under a new owner. */
    private Uni<Void> requireOwnPast(Team team) {
        return repository
                .isOfOthers(team)
                .invoke(others -> {
                    if (others) {
                        throw Problem.of(ProblemCode.ALREADY_EXISTS)
                                .param("team_id")
                                .detail("Team '%s' already exists, or did: choose another id", team.teamId);
                    }
                })
                .replaceWithVoid();
    }

    private Uni<?> giveMemberDefaults(Team team, LimitColumns memberDefaults) {
        return memberDefaults == null
                ? Uni.createFrom().nullItem()
                : budgets.createFor(Owner.teamMemberDefault(team.teamId), memberDefaults, team.createdBy)
                        .invoke(terms -> team.memberBudgetId = terms.budgetId());
    }

    private static Uni<?> storePermission(Team team, ObjectPermissionRequest request) {
        if (request == null) {
            return Uni.createFrom().nullItem();
        }
        var permission = request.toPermission();
        team.objectPermissionId = permission.objectPermissionId;
        return permission.persistAndFlush();
    }

    private static Uni<? extends PanacheEntityBase> store(Team team) {
        return team.persistAndFlush();
    }

    private Uni<Void> addFounders(Scope scope, Team team, List<TeamMemberRequest> members) {
        var creator = scope.caller().userId() == null
                ? null
                : new Person(scope.caller().userId(), null);
        var persons =
                new ArrayList<>(members.stream().map(TeamMemberRequest::person).toList());
        if (creator != null) {
            persons.add(creator);
        }
        return enrolment
                .enrol(scope, persons, TeamMembers.newcomers(scope), team.organizationId)
                .map(users -> founders(team, members, users, creator))
                .flatMap(roster::add);
    }

    private static List<TeamRoster.Entry> founders(
            Team team, List<TeamMemberRequest> members, Map<Person, User> users, Person creator) {
        var roles = TeamMembers.roles(members, users);
        if (creator != null) {
            roles.putIfAbsent(users.get(creator).userId, "admin");
        }
        return roles.entrySet().stream()
                .map(entry -> TeamRoster.Entry.of(team.teamId, entry.getKey(), entry.getValue()))
                .toList();
    }
}
