package io.tenantry.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TotalsTest {

    private static final String SQL = Totals.sql("from team");

    private final Totals totals = new Totals();
    private final AtomicInteger counted = new AtomicInteger();

    private long total(int page, int found, long all, Object... values) {
        return totals.of(page, 10, found, SQL, List.of(values), () -> Uni.createFrom()
                        .item(() -> {
                            counted.incrementAndGet();
                            return all;
                        }))
                .await()
                .indefinitely();
    }

    @Test
    void the_last_page_tells_the_total_without_counting() {
        assertThat(total(1, 3, 99)).isEqualTo(3);
        assertThat(total(1, 0, 99)).isZero();
        assertThat(total(4, 3, 99)).isEqualTo(33);
        assertThat(counted).hasValue(0);
    }

    @Test
    void a_page_beyond_the_end_is_counted() {
        assertThat(total(4, 0, 25)).isEqualTo(25);
    }

    @Test
    void a_small_total_is_always_fresh() {
        assertThat(total(1, 10, 11)).isEqualTo(11);
        assertThat(total(1, 10, 12)).isEqualTo(12);
    }

    @Test
    void a_large_total_is_counted_once_for_whoever_turns_the_pages() {
        assertThat(total(1, 10, 60_000)).isEqualTo(60_000);
        assertThat(total(2, 10, 60_001)).isEqualTo(60_000);
        assertThat(counted).hasValue(1);
    }

    @Test
    void what_one_caller_reaches_is_not_anothers_total() {
        assertThat(total(1, 10, 60_000, "team-a", new String[] {"org-a"})).isEqualTo(60_000);
        assertThat(total(1, 10, 70_000, "team-a", new String[] {"org-b"})).isEqualTo(70_000);
        assertThat(total(1, 10, 80_000, "team-a", new String[] {"org-a"})).isEqualTo(60_000);
    }
}
