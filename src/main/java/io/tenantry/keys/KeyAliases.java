package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.stream.StreamSupport;

/** The aliases of the keys that a caller may see, a page at a time. */
@ApplicationScoped
class KeyAliases {

    private final Pool pool;

    KeyAliases(Pool pool) {
        this.pool = pool;
    }

    /** In alphabetical order, each once. */
    Uni<KeyAliasesView> page(Scope scope, String search, int page, int size) {
        var filter = KeyFilter.within(scope);
        filter.aliased(search);
        return pool.preparedQuery(filter.aliasesSql(size, (long) (page - 1) * size))
                .execute(filter.args())
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getString(0))
                        .toList())
                .flatMap(aliases -> pool.preparedQuery(filter.countAliasesSql(KeySearch.MOST_COUNTED))
                        .execute(filter.args())
                        .map(rows -> KeyAliasesView.of(
                                aliases, rows.iterator().next().getLong(0), page, size)));
    }
}
