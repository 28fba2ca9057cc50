package io.tenantry.tenancy;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Questions about teams. All run in the caller's session; what lies outside the scope is not found. */
@ApplicationScoped
class TeamRepository {

    private static final String OF_OTHERS = """
            select exists (select from daily_usage where team_id = :team and organization_id <> :organization)
                or exists (select from deleted_api_key where team_id = :team and coalesce(organization_id, '') <> :organization)""";

    /** Lists that have no pages end here; {@code /v2/team/list} has pages. */
    static final int MOST_TEAMS = 1_000;
    /** What one answer shows of the members of one team. */
    static final int MOST_MEMBERS = 10_000;
    /** What a list shows of the members of all its teams together. */
    private static final int MOST_MEMBERS_TOGETHER = 5_000;

    /** The literal with which clients ask for teams that belong to no organization. */
    static final String NO_ORGANIZATION = "default_organization";

    private static final String WITHIN = " and (t.organization_id = any(:organizations) or t.team_id = any(:teams))";
    private static final String OF_MEMBER =
            " and t.team_id = any(array(select m.team_id from team_membership m where m.user_id = :member))";

    private static final String OF_ORGANIZATIONS = """
            select t.* from unnest(cast(:organizations as text[])) as w (organization_id)
            cross join lateral (select f.* from team f where f.organization_id = w.organization_id
                                order by f.team_alias, f.team_id limit :each) t
            order by t.team_alias, t.team_id""";

    private static final String OF_USER = """
            select t.* from team t join team_membership m on m.team_id = t.team_id where m.user_id = :member
            order by t.team_alias, t.team_id limit :most""";

    private static final String ROSTERS = """
            select m, u from TeamMembership m join User u on u.userId = m.userId
            where m.teamId in :teams order by m.createdAt, m.userId""";

    private static final String TEAMS_OF_USERS = """
            select m.user_id, m.team_id from team_membership m join team t on t.team_id = m.team_id
            where m.user_id = any(:users)
              and (:everything or t.organization_id = any(:organizations) or t.team_id = any(:teams))
            order by m.created_at, m.team_id
            limit :most""";

    private final BudgetDirectory budgets;

    TeamRepository(BudgetDirectory budgets) {
        this.budgets = budgets;
    }

    /** Which teams a list is about; null leaves a criterion out. */
    record Filter(String userId, String organizationId) {

        static final Filter ALL = new Filter(null, null);

        Filter {
            userId = userId == null || userId.isBlank() ? null : userId;
            organizationId = organizationId == null || organizationId.isBlank() ? null : organizationId;
        }
    }

    /** The team, if it lies within the scope; fails with NOT_FOUND also for a team of somebody else. */
    Uni<Team> require(Scope scope, String teamId) {
        return Team.<Team>findById(teamId)
                .map(team -> team != null && scope.boundary().holdsTeam(team.teamId, team.organizationId) ? team : null)
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.TEAM, teamId));
    }

    /** The teams within the scope that the filter lets through, by alias, {@value #MOST_TEAMS} at most. */
    Uni<List<Team>> visible(Scope scope, Filter filter) {
        var where = new StringBuilder("true");
        var values = new TreeMap<String, Object>(Map.of("most", MOST_TEAMS));
        var boundary = scope.boundary();
        if (!boundary.everything()) {
            where.append(WITHIN);
            values.put("organizations", texts(boundary.organizations()));
            values.put("teams", texts(boundary.teams()));
        }
        if (NO_ORGANIZATION.equals(filter.organizationId())) {
            where.append(" and t.organization_id is null");
        } else if (filter.organizationId() != null) {
            where.append(" and t.organization_id = :organization");
            values.put("organization", filter.organizationId());
        }
        if (filter.userId() != null) {
            where.append(OF_MEMBER);
            values.put("member", filter.userId());
        }
        return Panache.getSession().flatMap(session -> {
            var query = session.createNativeQuery(
                    "select t.* from team t where " + where + " order by t.team_alias, t.team_id limit :most",
                    Team.class);
            values.forEach(query::setParameter);
            return query.getResultList();
        });
    }

    /** The first teams by alias of each of these organizations, which the caller was found to see. */
    Uni<List<Team>> ofOrganizations(Collection<String> organizationIds, int each) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(OF_ORGANIZATIONS, Team.class)
                .setParameter("organizations", texts(organizationIds))
                .setParameter("each", each)
                .getResultList());
    }

    /** All teams of one user, whoever asks: the caller's scope has to be applied to what is found. */
    Uni<List<Team>> ofUser(String userId) {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(OF_USER, Team.class)
                .setParameter("member", userId)
                .setParameter("most", MOST_TEAMS)
                .getResultList());
    }

    /** The ids of the teams each of these users belongs to, as far as the boundary shows them. */
    Uni<Map<String, List<String>>> ofUsers(Boundary boundary, Collection<String> userIds) {
        if (userIds.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(TEAMS_OF_USERS, Object[].class)
                        .setParameter("users", texts(userIds))
                        .setParameter("everything", boundary.everything())
                        .setParameter("organizations", texts(boundary.organizations()))
                        .setParameter("teams", texts(boundary.teams()))
                        .setParameter("most", MOST_MEMBERS)
                        .getResultList())
                .map(rows -> rows.stream()
                        .collect(groupingBy(row -> (String) row[0], mapping(row -> (String) row[1], toList()))));
    }

    /** The teams with rosters, budgets and permissions: three statements, however many teams. For one team, or a few. */
    Uni<TeamFacts> facts(List<Team> teams) {
        return rosters(teams).flatMap(rosters -> facts(teams, rosters));
    }

    /** As {@link #facts(List)} for an entry of a list each: with the first members of every team, and one statement more. */
    Uni<TeamFacts> listed(List<Team> teams, int mostMembersEach) {
        var ids = teams.stream().map(team -> team.teamId).toList();
        return FirstMembers.ofTeams(ids, FirstMembers.each(mostMembersEach, MOST_MEMBERS_TOGETHER, teams.size()))
                .flatMap(rosters -> facts(teams, rosters));
    }

    private Uni<TeamFacts> facts(List<Team> teams, Map<String, List<TeamMember>> rosters) {
        return budgets.byIds(budgetIds(teams, rosters))
                .flatMap(terms -> permissions(teams.stream().map(team -> team.objectPermissionId))
                        .map(permissions -> new TeamFacts(teams, rosters, terms, permissions)));
    }

    private static Uni<Map<String, List<TeamMember>>> rosters(List<Team> teams) {
        if (teams.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        var ids = teams.stream().map(team -> team.teamId).toList();
        return Panache.getSession()
                .flatMap(session -> session.createSelectionQuery(ROSTERS, Object[].class)
                        .setParameter("teams", ids)
                        .setMaxResults(MOST_MEMBERS)
                        .getResultList())
                .map(rows -> rows.stream()
                        .map(row -> new TeamMember((TeamMembership) row[0], (User) row[1]))
                        .collect(groupingBy(member -> member.membership().teamId)));
    }

    private static Collection<String> budgetIds(List<Team> teams, Map<String, List<TeamMember>> rosters) {
        return Stream.concat(
                        teams.stream().map(team -> team.memberBudgetId),
                        rosters.values().stream().flatMap(List::stream).map(member -> member.membership().budgetId))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** The permissions of these ids, by id; null ids are skipped. */
    static Uni<Map<String, ObjectPermission>> permissions(Stream<String> ids) {
        var wanted = ids.filter(Objects::nonNull).distinct().toList();
        return wanted.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : ObjectPermission.<ObjectPermission>list("objectPermissionId in ?1", wanted)
                        .map(found -> found.stream()
                                .collect(toMap(permission -> permission.objectPermissionId, permission -> permission)));
    }

    static String[] texts(Collection<String> values) {
        return values.toArray(String[]::new);
    }

    /** Whether the ledger, or a deleted key, knows a team of this id in another organization than this one's. */
    Uni<Boolean> isOfOthers(Team team) {
        return team.organizationId == null
                ? Uni.createFrom().item(false)
                : Panache.getSession().flatMap(session -> session.createNativeQuery(OF_OTHERS, Boolean.class)
                        .setParameter("team", team.teamId)
                        .setParameter("organization", team.organizationId)
                        .getSingleResult());
    }
}
