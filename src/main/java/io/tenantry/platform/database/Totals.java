package io.tenantry.platform.database;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Paging;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * How many rows all pages of a list have. Counting is what a page of a long list costs most, so a large total is remembered for a moment, by
 * this instance and for exactly the same question: whoever turns the pages has it counted once. Small ones are counted each time.
 */
@ApplicationScoped
public class Totals {

    /** Counting as many is cheaper than a page. A client that has just made or deleted a few rows sees it in a total up to here. */
    static final int COUNTED_EACH_TIME = 5_000;

    /** The most that the total of a search for a part of a name says: whoever looks for one narrows the search instead of turning more pages. */
    public static final int MOST_FOUND = 10_000;

    private static final int MOST_REMEMBERED = 1_000;

    private final Cache<Question, Long> remembered = Caffeine.newBuilder()
            .maximumSize(MOST_REMEMBERED)
            .expireAfterWrite(Duration.ofSeconds(10))
            .build();

    private record Question(String sql, List<?> values) {}

    /**
     * The statement that counts what another finds, no further than pages go.
     *
     * @param rows {@code from …} with its conditions
     */
    public static String sql(String rows) {
        return sql(rows, Paging.DEEPEST_ROW);
    }

    /** The same, no further than this. */
    public static String sql(String rows, long most) {
        return "select count(*) from (select 1 " + rows + " limit " + most + ") counted";
    }

    /**
     * The total behind a page.
     *
     * @param sql      what would be counted, with the caller's boundary among its values
     * @param counting runs that statement
     */
    public Uni<Long> of(int page, int size, int found, String sql, Collection<?> values, Supplier<Uni<Long>> counting) {
        return Paging.isLast(page, size, found)
                ? Uni.createFrom().item(Paging.skipped(page, size) + found)
                : of(sql, values, counting);
    }

    /** The total of a list whose pages are not told by their number. */
    public Uni<Long> of(String sql, Collection<?> values, Supplier<Uni<Long>> counting) {
        var question = new Question(sql, values.stream().map(Totals::comparable).toList());
        var known = remembered.getIfPresent(question);
        return known == null
                ? counting.get().invoke(total -> remember(question, total))
                : Uni.createFrom().item(known);
    }

    private void remember(Question question, long total) {
        if (total > COUNTED_EACH_TIME) {
            remembered.put(question, total);
        }
    }

    static Object comparable(Object value) {
        return value instanceof Object[] array ? Arrays.asList(array) : value;
    }
}
