package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.stream.StreamSupport;

/** The aliases of the keys that a caller may see, a page at a time. */
@ApplicationScoped
class KeyAliases {

    private final Pool pool;
    private final Totals totals;
    private final KeySearch keys;

    KeyAliases(Pool pool, Totals totals, KeySearch keys) {
        this.pool = pool;
        this.totals = totals;
        this.keys = keys;
    }

    /** In alphabetical order, each once. */
    Uni<KeyAliasesView> page(Scope scope, String search, int page, int size) {
        Paging.requireReachable(page, size, "narrow the search");
        var filter = KeyFilter.within(scope);
        filter.aliased(search);
        return search == null
                ? page(filter, page, size)
                : keys.count(filter)
                        .invoke(keysFound -> KeySearch.sortIfRare(filter, keysFound))
                        .chain(() -> page(filter, page, size));
    }

    private Uni<KeyAliasesView> page(KeyFilter filter, int page, int size) {
        return pool.preparedQuery(filter.aliasesSql(size, Paging.skipped(page, size)))
                .execute(filter.args())
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getString(0))
                        .toList())
                .flatMap(aliases -> total(filter, page, size, aliases.size())
                        .map(total -> KeyAliasesView.of(aliases, total, page, size)));
    }

    private Uni<Long> total(KeyFilter filter, int page, int size, int found) {
        var sql = filter.countAliasesSql();
        return totals.of(page, size, found, sql, filter.values(), () -> pool.preparedQuery(sql)
                .execute(filter.args())
                .map(rows -> rows.iterator().next().getLong(0)));
    }
}
