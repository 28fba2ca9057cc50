package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

/** Keys that were deleted, newest deletion first: what is kept so that late settlements find their owner. */
@ApplicationScoped
class DeletedKeys {

    private static final String COLUMNS =
            "select k.key_id, k.secret_hash, k.key_name, k.key_alias, k.user_id, k.team_id, k.organization_id, k.deleted_at,"
                    + " k.deleted_by, k.deleted_by_api_key, k.on_behalf_of from deleted_api_key k where true";

    private final Pool pool;
    private final Totals totals;

    DeletedKeys(Pool pool, Totals totals) {
        this.pool = pool;
        this.totals = totals;
    }

    /** What a deleted key belonged to decides who sees it. */
    Uni<KeyPageView> page(Scope scope, ListKeysQuery query) {
        var filter = new Filter();
        filter.within(scope);
        filter.equal("k.user_id", query.userId());
        filter.equal("k.team_id", query.teamId());
        filter.equal("k.organization_id", query.organizationId());
        filter.equal("k.key_alias", query.keyAlias());
        filter.equal("k.secret_hash", query.keyHash());
        var page = COLUMNS + filter.where + " order by k.deleted_at desc, k.key_id limit " + query.size() + " offset "
                + query.offset();
        var count = Totals.sql("from deleted_api_key k where true" + filter.where);
        return pool.preparedQuery(page)
                .execute(Tuple.from(filter.args))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> query.isFull() ? full(row) : (Object) row.getString("secret_hash"))
                        .toList())
                .flatMap(found -> totals.of(
                                query.page(), query.size(), found.size(), count, filter.args, () -> pool.preparedQuery(
                                                count)
                                        .execute(Tuple.from(filter.args))
                                        .map(rows -> rows.iterator().next().getLong(0)))
                        .map(total -> KeyPageView.of(found, total, query)));
    }

    private static final class Filter {

        private final StringBuilder where = new StringBuilder();
        private final List<Object> args = new ArrayList<>();

        void within(Scope scope) {
            var boundary = scope.boundary();
            if (boundary.everything()) {
                return;
            }
            var reach = new ArrayList<String>();
            any(reach, "k.organization_id", boundary.organizations());
            any(reach, "k.team_id", boundary.teams());
            if (boundary.userId() != null) {
                args.add(boundary.userId());
                reach.add("k.user_id = $" + args.size());
            }
            where.append(" and (")
                    .append(reach.isEmpty() ? "false" : String.join(" or ", reach))
                    .append(')');
        }

        private void any(List<String> reach, String column, Set<String> ids) {
            if (!ids.isEmpty()) {
                args.add(ids.toArray(String[]::new));
                reach.add(column + " = any($" + args.size() + ")");
            }
        }

        void equal(String column, String value) {
            if (value != null) {
                args.add(value);
                where.append(" and ").append(column).append(" = $").append(args.size());
            }
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
