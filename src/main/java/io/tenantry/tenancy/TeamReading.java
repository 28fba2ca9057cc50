package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.tenancy.OwnedKeys.Promised;
import io.tenantry.tenancy.TeamGroups.Granted;
import io.tenantry.tenancy.TeamInfoView.EditAccess;
import io.tenantry.tenancy.TeamRepository.Filter;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers questions about teams. Rows are read in one session; spend and keys are asked for after it has given its connection back, or
 * readers that wait for a second connection could starve each other.
 */
@ApplicationScoped
class TeamReading {

    /** What one answer shows of the keys of its team, or of all its teams together; {@code /key/list} has pages. */
    static final int MOST_KEYS = 1_000;

    /** What an entry of a list shows of the members of its team, where there are few entries; {@code /team/info} shows more. */
    static final int MOST_MEMBERS_LISTED = 1_000;

    private final TeamRepository repository;
    private final SpendLookup spend;
    private final KeyDirectory keys;
    private final Promises promises;
    private final TeamGroups groups;

    TeamReading(TeamRepository repository, SpendLookup spend, KeyDirectory keys, Promises promises, TeamGroups groups) {
        this.repository = repository;
        this.spend = spend;
        this.keys = keys;
        this.promises = promises;
        this.groups = groups;
    }

    /** The team with its keys and members; fails with NOT_FOUND outside the scope. */
    Uni<TeamInfoView> info(Scope scope, String teamId, int mostKeys) {
        return Panache.withSession(() -> repository.require(scope, teamId).flatMap(this::detail))
                .flatMap(detail -> teamSpend(detail.facts()).flatMap(spent -> keys.ofTeam(teamId, mostKeys)
                        .map(found -> detail.view(scope, spent, found))));
    }

    /** One team, the models of its organization and of its groups, and what it has promised to its keys. */
    private record Detail(
            Team team, TeamFacts facts, List<String> organizationModels, Promised promised, Granted granted) {

        TeamInfoView view(Scope scope, TeamSpend spent, List<Map<String, Object>> keys) {
            var access = editAccess(scope);
            var memberDefault =
                    team.memberBudgetId == null ? null : facts.budgets().get(team.memberBudgetId);
            var details = new TeamInfoView.Details(
                    facts.viewWithAliases(team, spent.of(team)),
                    BudgetTableView.of(memberDefault),
                    granted.models(),
                    granted.nothingElse(),
                    granted.nothingElse(),
                    granted.details(),
                    access == EditAccess.NONE ? null : organizationModels,
                    Map.of(),
                    access,
                    AllocationView.of(team.limitsOrNone(), promised, spent.of(team)));
            var memberships = facts.roster(team).stream()
                    .map(member -> facts.membershipViewWithSource(team, member.membership(), spent))
                    .toList();
            return new TeamInfoView(team.teamId, details, keys, memberships);
        }

        private EditAccess editAccess(Scope scope) {
            if (scope.caller().isAdmin()
                    || (!scope.boundary().everything() && scope.boundary().holdsOrganization(team.organizationId))) {
                return EditAccess.UNRESTRICTED;
            }
            return facts.roster(team).stream().anyMatch(member -> isAdmin(member, scope))
                    ? EditAccess.TEAM_ADMIN
                    : EditAccess.NONE;
        }

        private static boolean isAdmin(TeamMember member, Scope scope) {
            return member.membership().role.equals("admin")
                    && member.user().userId.equals(scope.caller().userId());
        }
    }

    private Uni<Detail> detail(Team team) {
        return repository.facts(List.of(team)).flatMap(facts -> organizationModels(team)
                .flatMap(models -> promises.of(team).flatMap(promised -> groups.of(List.of(team))
                        .map(found -> new Detail(team, facts, models, promised, TeamGroups.granted(team, found))))));
    }

    private static Uni<List<String>> organizationModels(Team team) {
        return team.organizationId == null
                ? Uni.createFrom().item(List.of())
                : Organization.<Organization>findById(team.organizationId).map(organization -> organization.models);
    }

    /** The teams within the scope that the filter lets through, with members and keys, by alias. */
    Uni<List<TeamListEntryView>> list(Scope scope, Filter filter) {
        return ReadSession.with(() -> repository
                        .visible(scope, filter)
                        .flatMap(teams -> repository.listed(teams, MOST_MEMBERS_LISTED)))
                .flatMap(
                        facts -> teamSpend(facts).flatMap(spent -> keys.ofTeams(ids(facts.teams()), mostKeysEach(facts))
                                .map(found -> entries(facts, spent, found, filter))));
    }

    private static int mostKeysEach(TeamFacts facts) {
        return Math.max(1, MOST_KEYS / Math.max(1, facts.teams().size()));
    }

    private static List<TeamListEntryView> entries(
            TeamFacts facts, TeamSpend spent, Map<String, List<Map<String, Object>>> keys, Filter filter) {
        return facts.teams().stream()
                .map(team -> new TeamListEntryView(
                        facts.view(team, spent.of(team)),
                        memberships(facts, team, spent, filter),
                        keys.getOrDefault(team.teamId, List.of())))
                .toList();
    }

    private static List<TeamMembershipView> memberships(TeamFacts facts, Team team, TeamSpend spent, Filter filter) {
        return facts.roster(team).stream()
                .map(TeamMember::membership)
                .filter(membership -> filter.userId() == null || filter.userId().equals(membership.userId))
                .map(membership -> facts.membershipView(team, membership, spent))
                .toList();
    }

    /** The answer to an addition, with what the team and the new members have spent. */
    Uni<TeamMembersAddedView> afterAddition(TeamMembers.Added added) {
        var userIds = Set.copyOf(added.userIds());
        var users = added.facts().roster(added.team()).stream()
                .filter(member -> userIds.contains(member.user().userId))
                .toList();
        return teamSpend(added.facts().withRoster(added.team(), users)).flatMap(spent -> userSpend(
                        users.stream().map(TeamMember::user).toList())
                .map(ofUsers -> new TeamMembersAddedView(
                        added.facts().view(added.team(), spent.of(added.team())),
                        users.stream()
                                .map(member -> userView(member.user(), added.teamsOfUsers(), ofUsers))
                                .toList(),
                        users.stream()
                                .map(member -> added.facts().membershipView(added.team(), member.membership(), spent))
                                .toList())));
    }

    /** The answer to a bulk addition. */
    Uni<BulkMembersView> afterBulk(BulkTeamMembers.Outcome outcome) {
        return outcome.added() == null
                ? Uni.createFrom().item(BulkMembersView.ofNobody(outcome))
                : afterAddition(outcome.added()).map(added -> BulkMembersView.of(outcome, added));
    }

    /** The caller's own membership; fails with NOT_FOUND for who is no member, also where the team can be seen. */
    Uni<TeamMemberResource.OwnMembershipView> ownMembership(Scope scope, String teamId) {
        var own = scope.caller().userId();
        if (own == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("user_id")
                    .detail("This key belongs to no user, so it is no member of a team");
        }
        return Panache.withSession(
                        () -> repository.require(scope, teamId).flatMap(team -> repository.facts(List.of(team))))
                .flatMap(facts -> ownMembership(facts, own));
    }

    private Uni<TeamMemberResource.OwnMembershipView> ownMembership(TeamFacts facts, String userId) {
        var team = facts.teams().get(0);
        var member = facts.roster(team).stream()
                .filter(entry -> entry.user().userId.equals(userId))
                .findFirst()
                .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND)
                        .param("team_id")
                        .detail("You are not a member of team '%s' (not found)", team.teamId));
        return teamSpend(facts.withRoster(team, List.of(member)))
                .map(spent -> new TeamMemberResource.OwnMembershipView(
                        facts.membershipViewWithSource(team, member.membership(), spent),
                        member.membership().role,
                        member.user().userEmail,
                        team.teamAlias));
    }

    /** A team as it is after a change, with what it has spent. */
    Uni<TeamView> afterChange(TeamFacts facts) {
        var team = facts.teams().get(0);
        return spendOf(facts.teams()).map(spent -> facts.view(team, spent.getOrDefault(team.teamId, NanoUsd.ZERO)));
    }

    static UserView userView(User user, Map<String, List<String>> teams, Map<String, NanoUsd> spent) {
        return UserView.of(
                user, teams.getOrDefault(user.userId, List.of()), spent.getOrDefault(user.userId, NanoUsd.ZERO));
    }

    /** What each user has spent, by id. */
    Uni<Map<String, NanoUsd>> userSpend(Collection<User> users) {
        return spend.current(
                ResourceKind.USER,
                users.stream()
                        .map(user -> SpendLookup.Scope.of(user.userId, user.limitsOrNone()))
                        .distinct()
                        .toList());
    }

    /** What each team has spent, without its members. */
    Uni<Map<String, NanoUsd>> spendOf(List<Team> teams) {
        return spend.current(
                ResourceKind.TEAM,
                teams.stream()
                        .map(team -> SpendLookup.Scope.of(team.teamId, team.limitsOrNone()))
                        .toList());
    }

    private Uni<TeamSpend> teamSpend(TeamFacts facts) {
        var inPeriod = memberScopes(facts, true);
        var ever = memberScopes(facts, false);
        return spendOf(facts.teams()).flatMap(teams -> spend.current(ResourceKind.TEAM_MEMBER, inPeriod)
                .flatMap(members -> (ever.equals(inPeriod) // where nobody's budget has a period
                                ? Uni.createFrom().item(members)
                                : spend.current(ResourceKind.TEAM_MEMBER, ever))
                        .map(membersEver -> new TeamSpend(teams, members, membersEver))));
    }

    private static List<SpendLookup.Scope> memberScopes(TeamFacts facts, boolean inPeriod) {
        return facts.teams().stream()
                .flatMap(team -> facts.roster(team).stream()
                        .map(TeamMember::membership)
                        .map(membership -> inPeriod
                                ? SpendLookup.Scope.of(membership.spendId(), facts.budgetOf(team, membership))
                                : SpendLookup.Scope.ofLifetime(membership.spendId())))
                .toList();
    }

    private static List<String> ids(List<Team> teams) {
        return teams.stream().map(team -> team.teamId).toList();
    }
}
