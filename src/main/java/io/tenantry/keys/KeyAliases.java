package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import io.tenantry.identity.Scope;
import io.tenantry.keys.KeyFilter.Count;
import io.tenantry.platform.database.Bookmarks;
import io.tenantry.platform.database.Bookmarks.Reading;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.stream.StreamSupport;

/** The aliases of the keys that a caller may see, a page at a time. */
@ApplicationScoped
class KeyAliases {

    private final Pool pool;
    private final Bookmarks bookmarks;
    private final KeySearch keys;

    KeyAliases(Pool pool, Bookmarks bookmarks, KeySearch keys) {
        this.pool = pool;
        this.bookmarks = bookmarks;
        this.keys = keys;
    }

    /** In alphabetical order, each once. */
    Uni<KeyAliasesView> page(Scope scope, String search, int page, int size) {
        Paging.requireReachable(page, size, "narrow the search");
        var filter = KeyFilter.within(scope);
        filter.aliased(search);
        return keys.sampled(filter).chain(() -> page(filter, scope, page, size));
    }

    private Uni<KeyAliasesView> page(KeyFilter filter, Scope scope, int page, int size) {
        var count = filter.countAliases();
        var reading = Reading.of(scope.caller(), filter.question(), count.values(), KeyFilter.ALPHABET, size);
        var place = bookmarks.before(reading, page);
        if (place != null) {
            filter.after(KeyFilter.ALPHABET, place);
        }
        return aliases(filter, page, size)
                .invoke(aliases -> mark(reading, page, aliases))
                .flatMap(aliases -> total(count, place, page, size, aliases.size())
                        .map(total -> KeyAliasesView.of(aliases, total, page, size)));
    }

    private Uni<List<String>> aliases(KeyFilter filter, int page, int size) {
        return pool.preparedQuery(filter.aliasesSql(size, Paging.skipped(page, size)))
                .execute(filter.args())
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getString(0))
                        .toList());
    }

    private void mark(Reading reading, int page, List<String> aliases) {
        if (aliases.size() == reading.size()) {
            bookmarks.mark(reading, page, List.of(aliases.get(aliases.size() - 1)));
        }
    }

    /** The last page says how many there are, if what was skipped was counted off. */
    private Uni<Long> total(Count count, List<Object> place, int page, int size, int found) {
        return place == null && Paging.isLast(page, size, found)
                ? Uni.createFrom().item(Paging.skipped(page, size) + found)
                : keys.count(count);
    }
}
