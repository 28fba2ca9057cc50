package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Totals;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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
    private final Totals totals;

    TeamPages(TeamRepository repository, TeamReading reading, OwnedKeys keys, Totals totals) {
        this.repository = repository;
        this.reading = reading;
        this.keys = keys;
        this.totals = totals;
    }

    private record Found(TeamFacts facts, long total, Map<String, Long> memberCounts, Map<String, Long> keyCounts) {}

    /** Conditions with the values that they name. */
    private static final class Filter {

        private final StringBuilder where = new StringBuilder("true");
        private final Map<String, Object> values = new TreeMap<>();

        void and(String condition) {
            where.append(" and ").append(condition);
        }

        void and(String condition, String name, Object value) {
            and(condition);
            values.put(name, value);
        }

        /** Ids first, which indexes hold: the teams of the pages before are skipped without reading their rows. */
        String page(TeamPageQuery query) {
            return "select t.* from (select t.team_id from team t where " + where + " order by " + query.order()
                    + " limit " + query.size() + " offset " + query.offset()
                    + ") found join team t on t.team_id = found.team_id order by " + query.order();
        }

        String count() {
            return Totals.sql("from team t where " + where);
        }
    }

    /** A page of teams with the numbers of their members and keys. */
    Uni<TeamPageView> page(Scope scope, TeamPageQuery asked) {
        var query = asked.userId() == null && isPlain(scope)
                ? asked.ofUser(scope.caller().userId())
                : asked;
        requireReach(scope, query);
        return Panache.withSession(() -> requireUser(scope, query).chain(() -> found(scope, query)))
                .flatMap(found -> reading.spendOf(found.facts().teams())
                        .map(spent -> TeamPageView.of(
                                query, found.facts(), found.total(), found.memberCounts(), found.keyCounts(), spent)));
    }

    /** The same teams without numbers. */
    Uni<List<TeamView>> rows(Scope scope, TeamPageQuery query) {
        return Panache.withSession(() -> teams(filter(scope, query), query).flatMap(repository::facts))
                .flatMap(this::views);
    }

    /** These teams, apart from those that the caller is in. */
    Uni<List<TeamView>> open(Scope scope, List<String> teamIds) {
        return Panache.withSession(() -> Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(OPEN, Team.class)
                                .setParameter("ids", teamIds.toArray(String[]::new))
                                .setParameter("member", scope.caller().userId())
                                .getResultList())
                        .flatMap(repository::facts))
                .flatMap(this::views);
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
        var filter = filter(scope, query);
        return teams(filter, query).flatMap(teams -> {
            var ids = teams.stream().map(team -> team.teamId).toList();
            return total(filter, query, teams.size())
                    .flatMap(total -> repository.facts(teams).flatMap(facts -> memberCounts(ids)
                            .flatMap(members -> keys.countOfTeams(ids)
                                    .map(keyCounts -> new Found(facts, total, members, keyCounts)))));
        });
    }

    private static Uni<Map<String, Long>> memberCounts(List<String> teamIds) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(MEMBER_COUNTS, Object[].class)
                        .setParameter("teams", TeamRepository.texts(teamIds))
                        .getResultList())
                .map(rows ->
                        rows.stream().collect(toMap(row -> (String) row[0], row -> ((Number) row[1]).longValue())));
    }

    private static Filter filter(Scope scope, TeamPageQuery query) {
        var filter = new Filter();
        if (!scope.boundary().everything()) {
            filter.and(
                    "(t.organization_id = any(:organizations) or t.team_id = any(:teams))",
                    "organizations",
                    TeamRepository.texts(scope.boundary().organizations()));
            filter.values.put("teams", TeamRepository.texts(scope.boundary().teams()));
        }
        if (query.userId() != null) {
            filter.and(
                    "t.team_id = any(array(select m.team_id from team_membership m where m.user_id = :member))",
                    "member",
                    query.userId());
        }
        if (TeamRepository.NO_ORGANIZATION.equals(query.organizationId())) {
            filter.and("t.organization_id is null");
        } else if (query.organizationId() != null) {
            filter.and("t.organization_id = :organization", "organization", query.organizationId());
        }
        if (query.teamId() != null) {
            filter.and("t.team_id = :team", "team", query.teamId());
        }
        // written as the indexes of parts are
        if (query.aliasPart() != null) {
            filter.and("lower(t.team_alias) like lower(:alias)", "alias", UserFilter.part(query.aliasPart()));
        }
        if (query.idPart() != null) {
            filter.and("lower(t.team_id) like lower(:idPart)", "idPart", UserFilter.part(query.idPart()));
        }
        if (query.search() != null) {
            filter.and(
                    query.searchPrefix()
                            ? "(lower(t.team_id) like lower(:part) and starts_with(t.team_id, :search) or lower(t.team_alias) like lower(:part))"
                            : "(t.team_id = :search or lower(t.team_alias) like lower(:part))",
                    "search",
                    query.search());
            filter.values.put("part", UserFilter.part(query.search()));
        }
        return filter;
    }

    private static Uni<List<Team>> teams(Filter filter, TeamPageQuery query) {
        return Panache.getSession().flatMap(session -> {
            var page = session.createNativeQuery(filter.page(query), Team.class);
            filter.values.forEach(page::setParameter);
            return page.getResultList();
        });
    }

    private Uni<Long> total(Filter filter, TeamPageQuery query, int found) {
        var sql = filter.count();
        return totals.of(query.page(), query.size(), found, sql, filter.values.values(), () -> Panache.getSession()
                .flatMap(session -> {
                    var count = session.createNativeQuery(sql, Long.class);
                    filter.values.forEach(count::setParameter);
                    return count.getSingleResult();
                }));
    }
}
