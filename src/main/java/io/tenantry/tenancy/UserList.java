package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Bookmarks;
import io.tenantry.platform.database.Bookmarks.Reading;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** Lists of users, a page at a time. A page is a fixed number of statements, whatever is on it. */
@ApplicationScoped
class UserList {

    /** Of the keys only those that the caller could list. */
    private static final String KEY_COUNTS = """
            select k.user_id, count(*) as keys
            from api_key k left join team t on t.team_id = k.team_id
            where k.user_id = any($1) and ($2 or coalesce(t.organization_id, k.organization_id) = any($3))
            group by k.user_id""";

    private static final String COUNT_ALL = Totals.sql("from app_user");

    private final Pool pool;
    private final UserDetails details;
    private final Totals totals;
    private final Bookmarks bookmarks;

    UserList(Pool pool, UserDetails details, Totals totals, Bookmarks bookmarks) {
        this.pool = pool;
        this.details = details;
        this.totals = totals;
        this.bookmarks = bookmarks;
    }

    /** One page. Fails with FORBIDDEN for whoever administers no organization, and for organizations that are none of the caller's. */
    Uni<UserPageView> page(Scope scope, ListUsersQuery query) {
        requireReach(scope.boundary(), query);
        var filter = UserFilter.of(scope.boundary(), query);
        var sql = filter.countSql();
        var values = filter.values();
        var order = query.order().keyset();
        var reading = Reading.of(scope.caller(), sql, values, order, query.pageSize());
        var place = bookmarks.before(reading, query.page());
        if (place != null) {
            filter.after(order, place);
        }
        return pool.preparedQuery(filter.pageSql(query))
                .execute(filter.args())
                .invoke(rows -> bookmarks.mark(reading, query.page(), rows))
                .map(UserList::ids)
                .flatMap(ids -> total(query, place, ids.size(), sql, values)
                        .flatMap(total ->
                                items(scope.boundary(), ids).map(items -> UserPageView.of(items, total, query))));
    }

    /** As {@link #page}, ids and addresses only. */
    Uni<List<PickedUserView>> pick(Scope scope, ListUsersQuery query) {
        requireReach(scope.boundary(), query);
        var filter = UserFilter.of(scope.boundary(), query);
        return pool.preparedQuery(filter.pickerSql(query))
                .execute(filter.args())
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> new PickedUserView(row.getString("user_id"), row.getString("user_email")))
                        .toList());
    }

    /** How many users there are, {@link Paging#DEEPEST_ROW} at most. */
    Uni<Long> count(Scope scope) {
        return scope.boundary().everything()
                ? pool.query(COUNT_ALL).execute().map(UserList::number)
                : Uni.createFrom().failure(forbidden());
    }

    private static void requireReach(Boundary boundary, ListUsersQuery query) {
        if (boundary.everything()) {
            return;
        }
        if (boundary.organizations().isEmpty()) {
            throw forbidden();
        }
        if (!query.organizationIds().isEmpty()
                && query.organizationIds().stream().noneMatch(boundary::holdsOrganization)) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("organization_ids")
                    .detail("Not allowed: you administer none of these organizations");
        }
    }

    private static Problem forbidden() {
        return Problem.of(ProblemCode.FORBIDDEN)
                .detail("Not allowed: only proxy admins and admins of an organization may list users");
    }

    private static List<String> ids(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(row -> row.getString("user_id"))
                .toList();
    }

    /** The last page says how many there are, if what was skipped was counted off. */
    private Uni<Long> total(ListUsersQuery query, List<Object> place, int found, String sql, List<Object> values) {
        return place == null && Paging.isLast(query.page(), query.pageSize(), found)
                ? Uni.createFrom().item(query.offset() + found)
                : totals.of(sql, values, () -> pool.preparedQuery(sql)
                        .execute(Tuple.from(values))
                        .map(UserList::number));
    }

    private static long number(RowSet<Row> rows) {
        return rows.iterator().next().getLong(0);
    }

    private Uni<List<UserPageView.Item>> items(Boundary boundary, List<String> ids) {
        return details.of(boundary, ids)
                .flatMap(views -> keyCounts(boundary, ids).map(counts -> ids.stream()
                        // one that was deleted since the page was read is left out
                        .filter(views::containsKey)
                        .map(id -> new UserPageView.Item(views.get(id), counts.getOrDefault(id, 0L)))
                        .toList()));
    }

    private Uni<Map<String, Long>> keyCounts(Boundary boundary, List<String> ids) {
        return pool.preparedQuery(KEY_COUNTS)
                .execute(Tuple.of(texts(ids), boundary.everything(), texts(boundary.organizations())))
                .map(UserList::counts);
    }

    private static Map<String, Long> counts(RowSet<Row> rows) {
        var counts = new HashMap<String, Long>();
        rows.forEach(row -> counts.put(row.getString("user_id"), row.getLong("keys")));
        return counts;
    }
}
