package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.StreamSupport;

/** Keys that were deleted, newest deletion first: what is kept so that late settlements find their owner. */
@ApplicationScoped
class DeletedKeys {

    private static final String COLUMNS =
            "k.key_id, k.secret_hash, k.key_name, k.key_alias, k.user_id, k.team_id, k.organization_id, k.deleted_at,"
                    + " k.deleted_by, k.deleted_by_api_key, k.on_behalf_of";

    private static final String NEWEST = " order by k.deleted_at desc, k.key_id";

    private final Pool pool;
    private final Totals totals;

    DeletedKeys(Pool pool, Totals totals) {
        this.pool = pool;
        this.totals = totals;
    }

    /** What a deleted key belonged to decides who sees it. */
    Uni<KeyPageView> page(Scope scope, ListKeysQuery query) {
        var search = Search.of(scope, query);
        return pool.preparedQuery(search.pageSql(query))
                .execute(search.parameters.tuple())
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> query.isFull() ? full(row) : (Object) row.getString("secret_hash"))
                        .toList())
                .flatMap(found -> total(search, query, found.size()).map(total -> KeyPageView.of(found, total, query)));
    }

    private Uni<Long> total(Search search, ListKeysQuery query, int found) {
        var sql = search.countSql();
        return totals.of(
                query.page(), query.size(), found, sql, search.parameters.values(), () -> pool.preparedQuery(sql)
                        .execute(search.parameters.tuple())
                        .map(rows -> rows.iterator().next().getLong(0)));
    }

    private record Search(Parameters parameters, KeyRanges ranges, String where) {

        static Search of(Scope scope, ListKeysQuery query) {
            var parameters = new Parameters();
            var ranges = KeyRanges.ofDeleted(parameters).within(scope.boundary());
            var where = new StringBuilder("true");
            equal(parameters, where, "k.user_id", query.userId());
            equal(parameters, where, "k.team_id", query.teamId());
            equal(parameters, where, "k.organization_id", query.organizationId());
            equal(parameters, where, "k.key_alias", query.keyAlias());
            equal(parameters, where, "k.secret_hash", query.keyHash());
            return new Search(parameters, ranges, where.toString());
        }

        private static void equal(Parameters parameters, StringBuilder where, String column, String value) {
            if (value != null) {
                where.append(" and ").append(parameters.in(column + " = ?", value));
            }
        }

        String pageSql(ListKeysQuery query) {
            var first = ranges.source(COLUMNS, where, NEWEST + " limit " + (query.offset() + query.size()));
            return "select * from " + first + NEWEST + " limit " + query.size() + " offset " + query.offset();
        }

        String countSql() {
            return Totals.sql("from " + ranges.source("k.key_id", where, ""));
        }
    }

    private static Map<String, Object> full(Row row) {
        var full = new LinkedHashMap<String, Object>();
        full.put("id", row.getUUID("key_id").toString());
        full.put("key_id", row.getUUID("key_id").toString());
        full.put("token", row.getString("secret_hash"));
        full.put("key_name", row.getString("key_name"));
        full.put("key_alias", row.getString("key_alias"));
        full.put("user_id", row.getString("user_id"));
        full.put("team_id", row.getString("team_id"));
        full.put("organization_id", row.getString("organization_id"));
        full.put("org_id", row.getString("organization_id"));
        full.put("status", "deleted");
        full.put("deleted_at", instant(row.getOffsetDateTime("deleted_at")));
        full.put("deleted_by", row.getString("deleted_by"));
        full.put(
                "deleted_by_api_key",
                row.getUUID("deleted_by_api_key") == null
                        ? null
                        : row.getUUID("deleted_by_api_key").toString());
        full.put("litellm_changed_by", row.getString("on_behalf_of"));
        return full;
    }

    private static Object instant(OffsetDateTime at) {
        return at.toInstant();
    }
}
