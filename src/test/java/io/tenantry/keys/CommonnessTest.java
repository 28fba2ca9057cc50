package io.tenantry.keys;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommonnessTest {

    @Test
    void what_nobody_in_the_sample_has_is_found_by_index_and_sorted() {
        assertThat(Commonness.UNKNOWN.readsInOrder()).isFalse();
        assertThat(Commonness.UNKNOWN.countsOneByOne()).isFalse();
        assertThat(new Commonness(300, 1).readsInOrder()).isFalse();
    }

    @Test
    void what_some_have_fills_a_page_in_order_and_is_counted_by_index() {
        var some = new Commonness(300, 2);
        assertThat(some.readsInOrder()).isTrue();
        assertThat(some.countsOneByOne()).isFalse();
    }

    @Test
    void what_many_have_is_counted_one_by_one() {
        assertThat(new Commonness(300, 15).countsOneByOne()).isTrue();
    }

    @Test
    void all_of_a_few_are_looked_at() {
        var few = new Commonness(299, 0);
        assertThat(few.readsInOrder()).isTrue();
        assertThat(few.countsOneByOne()).isTrue();
    }
}
