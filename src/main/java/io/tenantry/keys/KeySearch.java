package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Finds keys by what they have in common. What the caller may not see is left out by the statement itself. */
@ApplicationScoped
class KeySearch {

    /** Finding and sorting as many takes a few milliseconds. */
    private static final int RARE = 10_000;

    private static final String NEWEST_OF_TEAMS = """
            select k.key_id
            from unnest($1::text[]) as wanted (team_id)
            cross join lateral (select key_id from api_key
                                where team_id = wanted.team_id and (expires_at is null or expires_at > now())
                                order by created_at desc, key_id limit $2) k""";

    private static final String TEAM = """
            select t.organization_id,
                   t.team_id = any($2) or coalesce(t.organization_id = any($3), false)
                       or exists (select from team_membership m where m.team_id = t.team_id and m.user_id = $4) as known
            from team t where t.team_id = $1""";

    private static final String OF_TEAM = """
            select key_id from api_key where team_id = $1 and key_id > $2 order by key_id limit $3""";

    private static final String USER_BY_EMAIL = "select user_id from app_user where lower(user_email) = lower($1)";

    private final Pool pool;
    private final Totals totals;

    KeySearch(Pool pool, Totals totals) {
        this.pool = pool;
        this.totals = totals;
    }

    /** One key, as far as the short list shows it. */
    record Found(UUID keyId, String secretHash, String keyAlias) {

        static List<Found> of(RowSet<Row> rows) {
            return StreamSupport.stream(rows.spliterator(), false)
                    .map(Found::of)
                    .toList();
        }

        private static Found of(Row row) {
            return new Found(row.getUUID("key_id"), row.getString("secret_hash"), row.getString("key_alias"));
        }
    }

    /** @param total how many there are on all pages, as far as pages go */
    record Page(List<Found> found, long total) {}

    /** What aliases stand for. */
    record Aliased(List<Found> found) {

        /** Fails with INVALID_VALUE when an alias stands for several keys, with NOT_FOUND when none is there, or not all of them. */
        void requireUnambiguous(List<String> aliases, Scope scope) {
            var byAlias = found.stream().collect(Collectors.groupingBy(Found::keyAlias, Collectors.counting()));
            byAlias.forEach(Aliased::requireOne);
            aliases.stream()
                    .filter(alias -> !byAlias.containsKey(alias))
                    .findFirst()
                    .filter(missing -> found.isEmpty() || !scope.boundary().everything())
                    .ifPresent(Aliased::notFound);
        }

        private static void requireOne(String alias, long count) {
            if (count > 1) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("key_aliases")
                        .detail("Alias '%s' stands for several keys of different owners: name them in keys", alias);
            }
        }

        private static void notFound(String alias) {
            throw Problem.of(ProblemCode.NOT_FOUND)
                    .param("key_aliases")
                    .detail("Key with alias '%s' does not exist (not found)", alias);
        }

        List<String> keyIds() {
            return found.stream().map(key -> key.keyId().toString()).toList();
        }
    }

    Uni<Page> page(Scope scope, ListKeysQuery query) {
        var filter = KeyFilter.of(scope, query);
        if (query.searchesPart()) {
            return count(filter).invoke(total -> sortIfRare(filter, total)).flatMap(total -> found(filter, query)
                    .map(found -> new Page(found, total)));
        }
        return found(filter, query)
                .flatMap(found -> Paging.isLast(query.page(), query.size(), found.size())
                        ? Uni.createFrom().item(new Page(found, query.offset() + found.size()))
                        : count(filter).map(total -> new Page(found, total)));
    }

    private Uni<List<Found>> found(KeyFilter filter, ListKeysQuery query) {
        return pool.preparedQuery(filter.pageSql(query)).execute(filter.args()).map(Found::of);
    }

    /** How many keys the filter finds, as far as pages go. */
    Uni<Long> count(KeyFilter filter) {
        var sql = filter.countSql();
        return totals.of(sql, filter.values(), () -> pool.preparedQuery(sql)
                .execute(filter.args())
                .map(rows -> rows.iterator().next().getLong(0)));
    }

    /** A page of what few keys have is found and sorted; one of what many have is read in the order of the list, where it soon is full. */
    static void sortIfRare(KeyFilter filter, long total) {
        if (total <= RARE) {
            filter.sortAfterwards();
        }
    }

    /** The keys within the scope that have one of these aliases. */
    Uni<Aliased> byAliases(Scope scope, List<String> aliases) {
        var filter = KeyFilter.within(scope);
        filter.and("k.key_alias = any(?)", (Object) aliases.toArray(String[]::new));
        // one more than may be deleted is enough to see that an alias is ambiguous
        return pool.preparedQuery(filter.firstSql(2 * DeleteKeysRequest.MOST))
                .execute(filter.args())
                .map(Found::of)
                .map(Aliased::new);
    }

    /** The newest keys of each of these teams that have not expired, in one statement. */
    Uni<List<UUID>> newestOfTeams(Collection<String> teamIds, int limitEach) {
        return pool.preparedQuery(NEWEST_OF_TEAMS)
                .execute(Tuple.of(teamIds.toArray(String[]::new), limitEach))
                .map(KeySearch::ids);
    }

    private static List<UUID> ids(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(row -> row.getUUID("key_id"))
                .toList();
    }

    /**
     * A team that exists.
     *
     * @param known whether the caller belongs to it or administers it; for everybody else it must not exist
     */
    record KnownTeam(String organizationId, boolean known) {}

    /** Null where there is no such team. */
    Uni<KnownTeam> team(Scope scope, String teamId) {
        return pool.preparedQuery(TEAM)
                .execute(Tuple.of(
                        teamId,
                        scope.boundary().teams().toArray(String[]::new),
                        scope.boundary().organizations().toArray(String[]::new),
                        scope.caller().userId()))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .findFirst()
                        .map(row -> new KnownTeam(row.getString("organization_id"), row.getBoolean("known")))
                        .orElse(null));
    }

    /** Whether there is a team of this id that the caller belongs to or administers. */
    Uni<Boolean> knowsTeam(Scope scope, String teamId) {
        return team(scope, teamId).map(team -> team != null && team.known());
    }

    /** The team's keys by id, from after this one on. */
    Uni<List<UUID>> keysOfTeam(String teamId, UUID after, int limit) {
        return pool.preparedQuery(OF_TEAM)
                .execute(Tuple.of(teamId, after, limit))
                .map(KeySearch::ids);
    }

    /** Null where nobody has this address. */
    Uni<String> userByEmail(String email) {
        return pool.preparedQuery(USER_BY_EMAIL)
                .execute(Tuple.of(email))
                .map(rows -> rows.size() == 0 ? null : rows.iterator().next().getString("user_id"));
    }
}
