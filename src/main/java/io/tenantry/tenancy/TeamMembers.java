package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.BudgetDirectory.Owner;
import io.tenantry.tenancy.Enrolment.Newcomers;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Who comes into a team and who leaves it. Members are rows, so concurrent calls neither wait for each other nor lose anybody; however many
 * members one call names, it takes the same number of statements.
 */
@ApplicationScoped
public class TeamMembers {

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamRepository repository;
    private final TeamRoster roster;
    private final Enrolment enrolment;
    private final MemberDefaults defaults;
    private final OwnedBudgets ownedBudgets;
    private final OwnedKeys keys;

    TeamMembers(
            Changes changes,
            AuditTrail audit,
            TeamRepository repository,
            TeamRoster roster,
            Enrolment enrolment,
            MemberDefaults defaults,
            OwnedBudgets ownedBudgets,
            OwnedKeys keys) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.roster = roster;
        this.enrolment = enrolment;
        this.defaults = defaults;
        this.ownedBudgets = ownedBudgets;
        this.keys = keys;
    }

    /** What was added to which team. */
    record Added(Team team, TeamFacts facts, List<String> userIds, Map<String, List<String>> teamsOfUsers) {}

    /** What each new member of a call gets. */
    record Terms(LimitPatch limits, List<String> models) {

        static final Terms NONE = new Terms(LimitPatch.given(null, null, null, null, null, null, null), List.of());
    }

    /**
     * Adds members. Those of a list who belong to the team already are left as they are; when that is everybody, fails with MEMBER_EXISTS.
     */
    Uni<Added> add(Scope scope, AddTeamMembersRequest request) {
        var terms = new Terms(request.limits(), request.models());
        var persons = request.member().stream().map(TeamMemberRequest::person).toList();
        return changes.inTransaction(
                () -> repository.require(scope, request.teamId()).flatMap(team -> enrolment
                        .enrol(scope, persons, newcomers(scope), team.organizationId)
                        .map(users -> roles(request.member(), users))
                        .flatMap(roles -> withoutPresent(team, roles))
                        .call(roles -> join(scope, team, roles, terms).invoke(added -> requireAll(team, roles, added)))
                        .flatMap(roles -> added(scope, team, List.copyOf(roles.keySet())))));
    }

    static Newcomers newcomers(Scope scope) {
        return scope.boundary().everything() ? Newcomers.BY_ID_OR_EMAIL : Newcomers.BY_EMAIL;
    }

    /** Lets the caller into a team that is open to everybody, without limits of its own. */
    Uni<Added> joinOpen(Scope scope, String teamId) {
        var own = scope.caller().userId();
        return changes.inTransaction(() -> Team.<Team>findById(teamId)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.TEAM, teamId))
                .flatMap(team -> withoutPresent(team, Map.of(own, "user"))
                        .call(roles ->
                                join(scope, team, roles, Terms.NONE).invoke(added -> requireAll(team, roles, added)))
                        .flatMap(roles -> added(scope, team, List.of(own)))));
    }

    /** The role of each named user; naming one twice is fine as long as the two agree. */
    static Map<String, String> roles(List<TeamMemberRequest> members, Map<Person, User> users) {
        var roles = new LinkedHashMap<String, String>();
        for (var member : members) {
            var userId = users.get(member.person()).userId;
            var before = roles.putIfAbsent(userId, member.role());
            if (before != null && !before.equals(member.role())) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("member")
                        .detail("User '%s' is named with two different roles", userId);
            }
        }
        return roles;
    }

    private Uni<Map<String, String>> withoutPresent(Team team, Map<String, String> roles) {
        return roster.present(team.teamId, List.copyOf(roles.keySet())).map(present -> {
            var absent = new LinkedHashMap<>(roles);
            absent.keySet().removeAll(present);
            if (absent.isEmpty()) {
                throw TeamRoster.memberExists(team.teamId);
            }
            return absent;
        });
    }

    private static void requireAll(Team team, Map<String, String> roles, List<String> added) {
        if (added.size() < roles.size()) {
            throw TeamRoster.memberExists(team.teamId);
        }
    }

    /** Adds those who are not in the team, each with a budget of its own where the terms have limits; answers with their ids. */
    Uni<List<String>> join(Scope scope, Team team, Map<String, String> roles, Terms terms) {
        return ownLimits(team, terms.limits())
                .flatMap(own -> ownBudgets(scope, team, roles, own))
                .flatMap(own -> roster.addAbsent(roles.entrySet().stream()
                                .map(member -> entry(team, member, own, terms))
                                .toList())
                        .call(added -> dropBudgets(own, added)));
    }

    private static TeamRoster.Entry entry(
            Team team, Map.Entry<String, String> member, Map<String, String> budgets, Terms terms) {
        return new TeamRoster.Entry(
                team.teamId, member.getKey(), member.getValue(), budgets.get(member.getKey()), terms.models());
    }

    /**
     * What each new member gets for itself; one that is given nothing follows the team's default. Else the default fills what is not given, as in
     * an update: a cap of one's own must not lose the period in which it starts again.
     */
    private Uni<LimitColumns> ownLimits(Team team, LimitPatch given) {
        return given.isPresent()
                ? defaults.of(team).map(given::over)
                : Uni.createFrom().item(new LimitColumns());
    }

    /** A budget for each of these users, by user id. */
    private Uni<Map<String, String>> ownBudgets(Scope scope, Team team, Map<String, String> roles, LimitColumns own) {
        if (own.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        var owners = roles.keySet().stream()
                .collect(toMap(user -> Owner.teamMember(team.teamId, user).id(), Function.identity()));
        return ownedBudgets
                .createForEach(
                        ResourceKind.TEAM_MEMBER.label,
                        owners.keySet(),
                        own,
                        scope.caller().actor())
                .map(made -> made.entrySet().stream()
                        .collect(toMap(budget -> owners.get(budget.getKey()), Map.Entry::getValue)));
    }

    /** Somebody else may have added one of them in the meantime: that member keeps what it was given there. */
    private Uni<Void> dropBudgets(Map<String, String> own, List<String> added) {
        var needless = new LinkedHashSet<>(own.keySet());
        added.forEach(needless::remove);
        return ownedBudgets.drop(needless.stream().map(own::get).toList());
    }

    Uni<Added> added(Scope scope, Team team, List<String> userIds) {
        return repository
                .facts(List.of(team))
                .call(facts -> recordAdded(team, facts, userIds))
                .flatMap(facts -> repository
                        .ofUsers(scope.boundary(), userIds)
                        .map(teams -> new Added(team, facts, userIds, teams)));
    }

    private Uni<Void> recordAdded(Team team, TeamFacts facts, List<String> userIds) {
        return TeamMembership.<TeamMembership>list("teamId = ?1 and userId in ?2", team.teamId, userIds)
                .flatMap(members -> audit.recordAll(members.stream()
                        .map(member -> new AuditTrail.Entry(
                                AuditAction.CREATED,
                                member.ref(),
                                team.organizationId,
                                null,
                                facts.membershipView(team, member, TeamSpend.NONE)))
                        .toList()));
    }

    /**
     * Takes a member out of the team, with the keys and the budget that it had there. Fails with NOT_FOUND for who is no member.
     */
    Uni<TeamFacts> remove(Scope scope, String teamId, Person person) {
        return changes.inTransaction(() -> repository.require(scope, teamId).flatMap(team -> roster.lock(teamId, person)
                .flatMap(membership -> repository
                        .facts(List.of(team))
                        .map(facts -> facts.membershipView(team, membership, TeamSpend.NONE))
                        .call(() -> keys.endOfTeamMember(teamId, membership.userId))
                        .call(() -> roster.remove(membership))
                        .call(() -> ownedBudgets.deleteOf(
                                ResourceKind.TEAM_MEMBER.label,
                                List.of(membership.ref().id())))
                        .call(before ->
                                audit.record(AuditAction.DELETED, membership.ref(), team.organizationId, before, null)))
                .chain(() -> repository.facts(List.of(team)))));
    }
}
