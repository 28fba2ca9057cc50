package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Bookmarks;
import io.tenantry.platform.database.Bookmarks.Reading;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.platform.database.Totals;
import io.tenantry.tenancy.ModelGroups.Group;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/** Lists of teams, a page at a time. */
@ApplicationScoped
class TeamPages {

    private static final String MEMBER_COUNTS =
            "select team_id, count(*) from team_membership where team_id = any(cast(:teams as text[])) group by team_id";

    private static final String OPEN = """
            select t.* from team t
            where t.team_id = any(cast(:ids as text[]))
              and not exists (select from team_membership m where m.team_id = t.team_id and m.user_id = cast(:member as text))
            order by t.team_alias, t.team_id""";

    private final TeamRepository repository;
    private final TeamReading reading;
    private final OwnedKeys keys;
    private final TeamGroups groups;
    private final Totals totals;
    private final Bookmarks bookmarks;
    private final DeletedTeams deleted;

    TeamPages(
            TeamRepository repository,
            TeamReading reading,
            OwnedKeys keys,
            TeamGroups groups,
            Totals totals,
            Bookmarks bookmarks,
            DeletedTeams deleted) {
        this.repository = repository;
        this.reading = reading;
        this.keys = keys;
        this.groups = groups;
        this.totals = totals;
        this.bookmarks = bookmarks;
        this.deleted = deleted;
    }

    /** The teams of a page, what its views are made of, and how many teams there are on all pages. */
    record Found(
            TeamFacts facts,
            long total,
            Map<String, Long> memberCounts,
            Map<String, Long> keyCounts,
            Map<String, Group> groups) {}

    /** A page of teams with the numbers of their members and keys. */
    Uni<TeamPageView> page(Scope scope, TeamPageQuery asked) {
        var query = asked.userId() == null && isPlain(scope)
                ? asked.ofUser(scope.caller().userId())
                : asked;
        requireReach(scope, query);
        return query.deleted() ? deleted.page(scope, query) : living(scope, query);
    }

    private Uni<TeamPageView> living(Scope scope, TeamPageQuery query) {
        return ReadSession.with(() -> requireUser(scope, query).chain(() -> found(scope, query)))
                .flatMap(found ->
                        reading.spendOf(found.facts().teams()).map(spent -> TeamPageView.of(query, found, spent)));
    }

    /** The same teams without numbers. */
    Uni<List<TeamView>> rows(Scope scope, TeamPageQuery query) {
        return ReadSession.with(() -> teams(TeamFilter.of(scope, query), query).flatMap(this::listed))
                .flatMap(this::views);
    }

    /** These teams, apart from those that the caller is in. */
    Uni<List<TeamView>> open(Scope scope, List<String> teamIds) {
        return ReadSession.with(() -> Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(OPEN, Team.class)
                                .setParameter("ids", teamIds.toArray(String[]::new))
                                .setParameter("member", scope.caller().userId())
                                .getResultList())
                        .flatMap(this::listed))
                .flatMap(this::views);
    }

    private Uni<TeamFacts> listed(List<Team> found) {
        return repository.listed(found, TeamReading.MOST_MEMBERS_LISTED);
    }

    private Uni<List<TeamView>> views(TeamFacts facts) {
        return reading.spendOf(facts.teams()).map(spent -> facts.teams().stream()
                .map(team -> facts.view(team, spent.getOrDefault(team.teamId, NanoUsd.ZERO)))
                .toList());
    }

    private static boolean isPlain(Scope scope) {
        return !scope.boundary().everything()
                && scope.boundary().organizations().isEmpty();
    }

    private static void requireReach(Scope scope, TeamPageQuery query) {
        var boundary = scope.boundary();
        if (boundary.everything()) {
            return;
        }
        if (isPlain(scope)
                && query.userId() != null
                && !query.userId().equals(scope.caller().userId())) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("user_id")
                    .detail("Not allowed: you can list your own teams only");
        }
        if (query.organizationId() != null && !isPlain(scope) && !boundary.holdsOrganization(query.organizationId())) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("organization_id")
                    .detail("Not allowed: this organization is not yours to list teams of");
        }
    }

    /** Only somebody who sees everybody is told that a user does not exist. */
    private static Uni<Void> requireUser(Scope scope, TeamPageQuery query) {
        if (query.userId() == null || !scope.boundary().everything()) {
            return Uni.createFrom().voidItem();
        }
        return User.<User>findById(query.userId())
                .onItem()
                .ifNull()
                .failWith(() -> Problem.notFound(ResourceKind.USER, query.userId()))
                .replaceWithVoid();
    }

    private Uni<Found> found(Scope scope, TeamPageQuery query) {
        var filter = TeamFilter.of(scope, query);
        var sql = filter.countSql();
        var values = filter.values();
        var reading = Reading.of(scope.caller(), sql, values.values(), query.order(), query.size());
        var place = bookmarks.before(reading, query.page());
        if (place != null) {
            filter.after(query.order(), place);
        }
        return teams(filter, query).invoke(teams -> mark(reading, query, teams)).flatMap(teams -> total(
                        query, place, teams.size(), sql, values)
                .flatMap(total -> listed(teams).flatMap(facts -> counted(facts, total))));
    }

    private Uni<Found> counted(TeamFacts facts, long total) {
        var ids = facts.teams().stream().map(team -> team.teamId).toList();
        return memberCounts(ids).flatMap(members -> keys.countOfTeams(ids).flatMap(keyCounts -> groups.of(facts.teams())
                .map(found -> new Found(facts, total, members, keyCounts, found))));
    }

    private void mark(Reading reading, TeamPageQuery query, List<Team> teams) {
        if (teams.size() == query.size()) {
            bookmarks.mark(reading, query.page(), query.placeOf(teams.get(teams.size() - 1)));
        }
    }

    private static Uni<Map<String, Long>> memberCounts(List<String> teamIds) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(MEMBER_COUNTS, Object[].class)
                        .setParameter("teams", TeamRepository.texts(teamIds))
                        .getResultList())
                .map(rows ->
                        rows.stream().collect(toMap(row -> (String) row[0], row -> ((Number) row[1]).longValue())));
    }

    private static Uni<List<Team>> teams(TeamFilter filter, TeamPageQuery query) {
        return Panache.getSession().flatMap(session -> {
            var page = session.createNativeQuery(filter.pageSql(query), Team.class);
            filter.values().forEach(page::setParameter);
            return page.getResultList();
        });
    }

    /** The last page says how many there are, if what was skipped was counted off. */
    private Uni<Long> total(
            TeamPageQuery query, List<Object> place, int found, String sql, Map<String, Object> values) {
        return place == null && Paging.isLast(query.page(), query.size(), found)
                ? Uni.createFrom().item((long) query.offset() + found)
                : totals.of(sql, values.values(), () -> counted(sql, values));
    }

    private static Uni<Long> counted(String sql, Map<String, Object> values) {
        return Panache.getSession().flatMap(session -> {
            var count = session.createNativeQuery(sql, Long.class);
            values.forEach(count::setParameter);
            return count.getSingleResult();
        });
    }
}
