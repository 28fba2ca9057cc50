package io.tenantry.platform.log;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ThinnedTest {

    private final Thinned<String> thinned = new Thinned<>();

    @Test
    void a_thousand_lines_a_second_are_one_that_says_how_many() {
        assertThat(thinned.next("away", 0)).hasValue(0);

        IntStream.range(0, 999).forEach(i -> assertThat(thinned.next("away", MILLISECONDS.toNanos(i)))
                .isEmpty());

        assertThat(thinned.next("away", MILLISECONDS.toNanos(1_000))).hasValue(999);
        assertThat(thinned.next("away", MILLISECONDS.toNanos(2_000))).hasValue(0);
    }

    @Test
    void another_kind_is_not_kept_back() {
        assertThat(thinned.next("away", 0)).hasValue(0);
        assertThat(thinned.next("overloaded", 0)).hasValue(0);
    }
}
