package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
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
import jakarta.persistence.LockModeType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What changes teams. Each change commits with its audit entries or not at all. */
@ApplicationScoped
public class Teams {

    private final Changes changes;
    private final AuditTrail audit;
    private final TeamRepository repository;
    private final TeamRoster roster;
    private final Enrolment enrolment;
    private final BudgetDirectory budgets;

    Teams(
            Changes changes,
            AuditTrail audit,
            TeamRepository repository,
            TeamRoster roster,
            Enrolment enrolment,
            BudgetDirectory budgets) {
        this.changes = changes;
        this.audit = audit;
        this.repository = repository;
        this.roster = roster;
        this.enrolment = enrolment;
        this.budgets = budgets;
    }

    /**
     * Makes a team. The caller becomes its admin. Fails with NOT_FOUND for an organization outside the scope, with PARENT_LIMIT_EXCEEDED where the
     * team would have more than its organization, with ALREADY_EXISTS for an id that is taken.
     */
    public Uni<TeamView> create(Scope scope, NewTeamRequest request) {
        var team = request.toTeam(scope.caller().actor());
        var memberDefaults = request.memberDefaults();
        return changes.inTransaction(() -> parentOf(scope, team)
                .invoke(parent -> parent.require(team))
                .call(() -> requireFree(team))
                .call(() -> giveMemberDefaults(team, memberDefaults))
                .call(() -> storePermission(team, request.objectPermission()))
                .call(() -> store(team))
                .call(() -> addFounders(scope, team, request.members()))
                .flatMap(parent -> repository.facts(List.of(team)))
                .map(facts -> facts.view(team, TeamSpend.NONE.of(team)))
                .call(view -> audit.record(AuditAction.CREATED, team.ref(), team.organizationId, null, view)));
    }

    private Uni<ParentLimits> parentOf(Scope scope, Team team) {
        if (team.organizationId == null) {
            return scope.boundary().everything()
                    ? Uni.createFrom().item(ParentLimits.NONE)
                    : Uni.createFrom().failure(organizationMissing());
        }
        return requireOrganization(scope, team.organizationId)
                .flatMap(organization -> budgets.byIds(List.of(organization.budgetId))
                        .map(terms -> ParentLimits.of(organization, terms.get(organization.budgetId))));
    }

    private static Problem organizationMissing() {
        return Problem.of(ProblemCode.FORBIDDEN)
                .param("organization_id")
                .detail("Not allowed: only a proxy admin may create a team without organization_id");
    }

    // Locked against changes until we commit: its limits must still hold when the team is there.
    private static Uni<Organization> requireOrganization(Scope scope, String organizationId) {
        return Organization.<Organization>findById(organizationId, LockModeType.PESSIMISTIC_READ)
                .map(organization -> scope.boundary().holdsOrganization(organizationId) ? organization : null)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.ORGANIZATION, organizationId));
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
                .enrol(scope, persons, Newcomers.BY_ID_OR_EMAIL, team.organizationId)
                .map(users -> founders(team, members, users, creator))
                .flatMap(roster::add);
    }

    private static List<TeamRoster.Entry> founders(
            Team team, List<TeamMemberRequest> members, Map<Person, User> users, Person creator) {
        var roles = roles(members, users);
        if (creator != null) {
            roles.putIfAbsent(users.get(creator).userId, "admin");
        }
        return roles.entrySet().stream()
                .map(entry -> TeamRoster.Entry.of(team.teamId, entry.getKey(), entry.getValue()))
                .toList();
    }

    /** The role of each named user; naming one twice is fine as long as the two agree. */
    private static Map<String, String> roles(List<TeamMemberRequest> members, Map<Person, User> users) {
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

    /** What was added to which team. */
    record Added(Team team, TeamFacts facts, List<String> userIds, Map<String, List<String>> teamsOfUsers) {}

    /**
     * Adds members. Those of a list who belong to the team already are left as they are; when that is everybody, fails with MEMBER_EXISTS.
     * Concurrent calls neither wait for each other nor lose anybody.
     */
    Uni<Added> addMembers(Scope scope, AddTeamMembersRequest request) {
        var limits = request.limits();
        var newcomers = scope.boundary().everything() ? Newcomers.BY_ID_OR_EMAIL : Newcomers.BY_EMAIL;
        return changes.inTransaction(
                () -> repository.require(scope, request.teamId()).flatMap(team -> enrolment
                        .enrol(scope, persons(request), newcomers, team.organizationId)
                        .map(users -> roles(request.member(), users))
                        .flatMap(roles -> withoutPresent(team, roles))
                        .call(roles -> join(scope, team, roles, limits, request.models()))
                        .flatMap(roles -> added(scope, team, List.copyOf(roles.keySet())))));
    }

    private static List<Person> persons(AddTeamMembersRequest request) {
        return request.member().stream().map(TeamMemberRequest::person).toList();
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

    private Uni<Void> join(
            Scope scope, Team team, Map<String, String> roles, LimitColumns limits, List<String> models) {
        var actor = scope.caller().actor();
        return ownLimits(team, limits)
                .flatMap(own -> InTurn.collect(
                        roles.entrySet(),
                        member -> entry(team, member.getKey(), member.getValue(), own, models, actor)))
                .flatMap(roster::add);
    }

    /** What each new member gets for itself; empty limits follow the team's default. */
    private Uni<LimitColumns> ownLimits(Team team, LimitColumns limits) {
        if (limits.maxBudgetNano != null || limits.budgetDuration == null || team.memberBudgetId == null) {
            return Uni.createFrom().item(limits);
        }
        return budgets.byIds(List.of(team.memberBudgetId))
                .map(terms ->
                        MemberLimits.withDuration(terms.get(team.memberBudgetId).limits(), limits.budgetDuration));
    }

    private Uni<TeamRoster.Entry> entry(
            Team team, String userId, String role, LimitColumns own, List<String> models, String actor) {
        if (own.isEmpty()) {
            return Uni.createFrom().item(new TeamRoster.Entry(team.teamId, userId, role, null, models));
        }
        return budgets.createFor(
                        Owner.teamMember(team.teamId, userId),
                        MemberLimits.withDuration(own, own.budgetDuration),
                        actor)
                .map(terms -> new TeamRoster.Entry(team.teamId, userId, role, terms.budgetId(), models));
    }

    private Uni<Added> added(Scope scope, Team team, List<String> userIds) {
        return repository
                .facts(List.of(team))
                .call(facts -> recordAdded(team, facts, userIds))
                .flatMap(facts -> repository
                        .ofUsers(scope.boundary(), userIds)
                        .map(teams -> new Added(team, facts, userIds, teams)));
    }

    private Uni<?> recordAdded(Team team, TeamFacts facts, List<String> userIds) {
        var members = facts.roster(team).stream()
                .filter(member -> userIds.contains(member.user().userId))
                .toList();
        return InTurn.collect(
                members,
                member -> audit.record(
                        AuditAction.CREATED,
                        member.membership().ref(),
                        team.organizationId,
                        null,
                        facts.membershipView(team, member.membership(), TeamSpend.NONE)));
    }
}
