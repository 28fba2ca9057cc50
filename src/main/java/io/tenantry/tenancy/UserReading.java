package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.TeamRepository.Filter;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Answers questions about users. An admin of an organization or team sees the users in it, and of their teams, memberships and keys those that lie
 * inside.
 */
@ApplicationScoped
class UserReading {

    private final TeamRepository teamRepository;
    private final TeamReading teams;
    private final BudgetDirectory budgets;
    private final SpendLookup spend;
    private final KeyDirectory keys;

    UserReading(
            TeamRepository teamRepository,
            TeamReading teams,
            BudgetDirectory budgets,
            SpendLookup spend,
            KeyDirectory keys) {
        this.teamRepository = teamRepository;
        this.teams = teams;
        this.budgets = budgets;
        this.spend = spend;
        this.keys = keys;
    }

    /** The rows that an answer about one user is made of. */
    private record Rows(
            User user,
            ObjectPermission permission,
            List<OrganizationMembership> memberships,
            Map<String, BudgetTerms> budgets,
            TeamFacts teams) {

        List<OrganizationMembership> visible(Scope scope) {
            return isOwn(scope, user.userId)
                    ? memberships
                    : memberships.stream()
                            .filter(membership -> scope.boundary().holdsOrganization(membership.organizationId))
                            .toList();
        }

        private List<Team> visibleTeams(Scope scope) {
            return isOwn(scope, user.userId)
                    ? teams.teams()
                    : teams.teams().stream()
                            .filter(team -> scope.boundary().holdsTeam(team.teamId, team.organizationId))
                            .toList();
        }
    }

    /**
     * A user with keys and teams. Without an id the caller itself; a proxy admin then gets all teams. Fails with NOT_FOUND for a user outside the
     * scope.
     */
    Uni<UserInfoView> info(Scope scope, String userId) {
        if (userId != null) {
            return of(scope, userId);
        }
        var own = scope.caller().userId();
        if (own == null) {
            throw unnamed();
        }
        return scope.caller().isAdmin() ? ofAdmin(scope, own) : of(scope, own);
    }

    private Uni<UserInfoView> of(Scope scope, String userId) {
        return Panache.withSession(() -> rows(scope, userId))
                .invoke(rows -> requireVisible(scope, userId, rows))
                .flatMap(rows -> view(scope, rows));
    }

    /**
     * A user without keys. Fails with INVALID_VALUE when none is named and the caller is none, with NOT_FOUND for a user outside the scope.
     */
    Uni<UserSummaryView> summary(Scope scope, String userId) {
        var wanted = userId == null ? scope.caller().userId() : userId;
        if (wanted == null) {
            throw unnamed();
        }
        return Panache.withSession(() -> rows(scope, wanted))
                .invoke(rows -> requireVisible(scope, wanted, rows))
                .flatMap(rows -> userView(scope, rows))
                .map(UserSummaryView::of);
    }

    private static Problem unnamed() {
        return Problem.of(ProblemCode.INVALID_VALUE)
                .param("user_id")
                .detail("user_id is required: this key belongs to no user");
    }

    private Uni<UserInfoView> ofAdmin(Scope scope, String userId) {
        return Panache.withSession(() -> rows(userId))
                .flatMap(rows -> rows == null
                        ? Uni.createFrom().item(new UserInfoView(userId, null, List.of(), List.of()))
                        : view(scope, rows))
                .flatMap(own -> allTeams(scope).map(all -> new UserInfoView(userId, own.userInfo(), own.keys(), all)));
    }

    private Uni<List<TeamView>> allTeams(Scope scope) {
        return Panache.withSession(
                        () -> teamRepository.visible(scope, Filter.ALL).flatMap(this::listed))
                .flatMap(this::teamViews);
    }

    private static void requireVisible(Scope scope, String userId, Rows rows) {
        if (rows == null || !isVisible(scope, rows)) {
            throw Problem.notFound(ResourceKind.USER, userId);
        }
    }

    private static boolean isVisible(Scope scope, Rows rows) {
        return isOwn(scope, rows.user().userId)
                || !rows.visible(scope).isEmpty()
                || !rows.visibleTeams(scope).isEmpty();
    }

    /** Whether nothing of this user is hidden from the caller. */
    private static boolean isOwn(Scope scope, String userId) {
        return scope.boundary().holdsUser(userId);
    }

    /** Somebody else's user is left alone by the first statement already, or the time of the others would tell that there is one. */
    private Uni<Rows> rows(Scope scope, String userId) {
        return isOwn(scope, userId)
                ? rows(userId)
                : UserReach.holds(scope.boundary(), userId)
                        .flatMap(within ->
                                within ? rows(userId) : Uni.createFrom().nullItem());
    }

    private Uni<Rows> rows(String userId) {
        return User.<User>findById(userId)
                .flatMap(user -> user == null ? Uni.createFrom().nullItem() : rows(user));
    }

    private Uni<Rows> rows(User user) {
        return OrganizationMembership.<OrganizationMembership>list("userId = ?1 order by createdAt", user.userId)
                .flatMap(memberships -> budgets.byIds(memberships.stream()
                                .map(membership -> membership.budgetId)
                                .filter(Objects::nonNull)
                                .toList())
                        .flatMap(terms -> permission(user).flatMap(permission -> teamRepository
                                .ofUser(user.userId)
                                .flatMap(this::listed)
                                .map(facts -> new Rows(user, permission.orElse(null), memberships, terms, facts)))));
    }

    private Uni<TeamFacts> listed(List<Team> found) {
        return teamRepository.listed(found, TeamReading.MOST_MEMBERS_LISTED);
    }

    private static Uni<Optional<ObjectPermission>> permission(User user) {
        return user.objectPermissionId == null
                ? Uni.createFrom().item(Optional.empty())
                : ObjectPermission.<ObjectPermission>findById(user.objectPermissionId)
                        .map(Optional::ofNullable);
    }

    private Uni<UserInfoView> view(Scope scope, Rows rows) {
        var visible = new TeamFacts(
                rows.visibleTeams(scope),
                rows.teams().rosters(),
                rows.teams().budgets(),
                rows.teams().permissions());
        return userView(scope, rows).flatMap(user -> teamViews(visible).flatMap(teamViews -> keysOf(scope, rows)
                .map(found -> withTeamAliases(found, rows.teams().teams()))
                .map(found -> new UserInfoView(rows.user().userId, user, found, teamViews))));
    }

    private Uni<List<TeamView>> teamViews(TeamFacts facts) {
        return teams.spendOf(facts.teams()).map(spent -> facts.teams().stream()
                .map(team -> facts.view(team, spent.getOrDefault(team.teamId, NanoUsd.ZERO)))
                .toList());
    }

    private Uni<UserView> userView(Scope scope, Rows rows) {
        var teamIds = rows.visibleTeams(scope).stream().map(team -> team.teamId).toList();
        return teams.userSpend(List.of(rows.user())).flatMap(ofUser -> memberViews(scope, rows)
                .map(memberships -> UserView.of(
                        rows.user(),
                        teamIds,
                        ofUser.getOrDefault(rows.user().userId, NanoUsd.ZERO),
                        memberships,
                        rows.permission())));
    }

    private Uni<List<UserView.OfOrganization>> memberViews(Scope scope, Rows rows) {
        var visible = rows.visible(scope);
        return spend.current(
                        ResourceKind.ORGANIZATION_MEMBER,
                        visible.stream()
                                .map(membership ->
                                        SpendLookup.Scope.of(membership.ref().id(), terms(rows.budgets(), membership)))
                                .toList())
                .map(spent -> visible.stream()
                        .map(membership -> UserView.OfOrganization.of(
                                membership, spent.getOrDefault(membership.ref().id(), NanoUsd.ZERO)))
                        .toList());
    }

    private static BudgetTerms terms(Map<String, BudgetTerms> budgets, OrganizationMembership membership) {
        return membership.budgetId == null ? null : budgets.get(membership.budgetId);
    }

    private Uni<List<Map<String, Object>>> keysOf(Scope scope, Rows rows) {
        var teamIds = rows.visibleTeams(scope).stream().map(team -> team.teamId).collect(Collectors.toSet());
        return keys.ofUser(rows.user().userId, TeamReading.MOST_KEYS)
                .map(found -> isOwn(scope, rows.user().userId)
                        ? found
                        : found.stream()
                                .filter(key -> isInside(scope, key, teamIds))
                                .toList());
    }

    private static boolean isInside(Scope scope, Map<String, Object> key, Set<String> teamIds) {
        return (key.get("team_id") instanceof String team && teamIds.contains(team))
                || (key.get("organization_id") instanceof String organization
                        && scope.boundary().holdsOrganization(organization));
    }

    /** Each key with its team's alias, and the text "None" where it has no team: clients compare with that. */
    private static List<Map<String, Object>> withTeamAliases(List<Map<String, Object>> found, List<Team> known) {
        var aliases = known.stream()
                .filter(team -> team.teamAlias != null)
                .collect(toMap(team -> team.teamId, team -> team.teamAlias));
        return found.stream().map(key -> withTeamAlias(key, aliases)).toList();
    }

    private static Map<String, Object> withTeamAlias(Map<String, Object> key, Map<String, String> aliases) {
        var shown = new LinkedHashMap<>(key);
        shown.put("team_alias", key.get("team_id") == null ? "None" : aliases.get((String) key.get("team_id")));
        return shown;
    }
}
