package io.tenantry.platform.database;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * Where pages ended that somebody has just read, so that his next page begins there although he asks for it by its number: what is made or deleted
 * in the meantime neither repeats nor hides a row. Kept by this instance for a minute; who turns pages more slowly, or meets another instance, gets
 * the rows that have that number now.
 */
@ApplicationScoped
public class Bookmarks {

    private static final int MOST_REMEMBERED = 1_000;

    private final Cache<Page, List<Object>> ends = Caffeine.newBuilder()
            .maximumSize(MOST_REMEMBERED)
            .expireAfterWrite(Duration.ofMinutes(1))
            .build();

    private record Page(Reading reading, int number) {}

    /**
     * A list that somebody reads page by page.
     *
     * @param reader whoever asks: nobody goes on where somebody else has stopped
     * @param sql    what is asked for, without its page
     * @param values the values in it
     */
    public record Reading(Object reader, String sql, List<?> values, Keyset order, int size) {

        public static Reading of(Object reader, String sql, Collection<?> values, Keyset order, int size) {
            return new Reading(
                    reader, sql, values.stream().map(Totals::comparable).toList(), order, size);
        }
    }

    /** The last row of the page before, as {@link Keyset#after} takes it; null where nobody has marked it. */
    public List<Object> before(Reading reading, int number) {
        return number == 1 ? null : ends.getIfPresent(new Page(reading, number - 1));
    }

    /** Marks the end of a page, unless it is the last one. The rows have what {@link Keyset#selected} adds. */
    public void mark(Reading reading, int number, RowSet<Row> page) {
        if (page.size() == reading.size()) {
            Row last = null;
            for (var row : page) {
                last = row;
            }
            mark(reading, number, reading.order().placeOf(last));
        }
    }

    /** Marks the end of a page that another may follow. */
    public void mark(Reading reading, int number, List<Object> last) {
        ends.put(new Page(reading, number), Collections.unmodifiableList(new ArrayList<>(last)));
    }
}
