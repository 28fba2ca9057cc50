package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.keys.KeyFilter.Count;
import io.tenantry.platform.database.Bookmarks;
import io.tenantry.platform.database.Bookmarks.Reading;
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

    private static final String USER_BY_EMAIL = "select user_id from app_user where lower(user_email) = lower($1)";

    private final Pool pool;
    private final Totals totals;
    private final Bookmarks bookmarks;

    KeySearch(Pool pool, Totals totals, Bookmarks bookmarks) {
        this.pool = pool;
        this.totals = totals;
        this.bookmarks = bookmarks;
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
        return sampled(filter).chain(() -> page(filter, scope, query));
    }

    private Uni<Page> page(KeyFilter filter, Scope scope, ListKeysQuery query) {
        var count = filter.count();
        var order = query.order().keyset();
        var reading = Reading.of(scope.caller(), filter.question(), count.values(), order, query.size());
        var place = bookmarks.before(reading, query.page());
        if (place != null) {
            filter.after(order, place);
        }
        return pool.preparedQuery(filter.pageSql(query))
                .execute(filter.args())
                .invoke(rows -> bookmarks.mark(reading, query.page(), rows))
                .map(Found::of)
                .flatMap(found -> total(count, query, place, found.size()).map(total -> new Page(found, total)));
    }

    /** Lets the filter know how common the part is that it looks for. */
    Uni<Void> sampled(KeyFilter filter) {
        if (!filter.searchesPart()) {
            return Uni.createFrom().voidItem();
        }
        var sample = filter.sample();
        return pool.preparedQuery(sample.sql())
                .execute(sample.args())
                .map(rows -> rows.iterator().next())
                .invoke(row -> filter.expect(new Commonness(row.getLong(0), row.getLong(1))))
                .replaceWithVoid();
    }

    /** The last page says how many there are, if what was skipped was counted off. */
    private Uni<Long> total(Count count, ListKeysQuery query, List<Object> place, int found) {
        return place == null && Paging.isLast(query.page(), query.size(), found)
                ? Uni.createFrom().item(query.offset() + found)
                : count(count);
    }

    /** How many keys there are, as far as totals go. */
    Uni<Long> count(Count count) {
        return totals.of(count.sql(), count.values(), () -> pool.preparedQuery(count.sql())
                .execute(count.args())
                .map(rows -> rows.iterator().next().getLong(0)));
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

    /** Null where nobody has this address. */
    Uni<String> userByEmail(String email) {
        return pool.preparedQuery(USER_BY_EMAIL)
                .execute(Tuple.of(email))
                .map(rows -> rows.size() == 0 ? null : rows.iterator().next().getString("user_id"));
    }
}
