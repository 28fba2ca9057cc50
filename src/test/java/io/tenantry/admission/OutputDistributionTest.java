package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputDistributionTest {

    @Test
    void every_number_lies_within_its_step() {
        long before = -1;
        for (int step = 0; step < 80; step++) {
            long last = OutputDistribution.lastOf(step);
            assertThat(OutputDistribution.step(before + 1)).isEqualTo(step);
            assertThat(OutputDistribution.step(last)).isEqualTo(step);
            before = last;
        }
        assertThat(OutputDistribution.step(Long.MAX_VALUE)).isEqualTo(79);
    }

    @Test
    void a_percentile_is_never_too_low_and_at_most_a_quarter_too_high() {
        var random = new Random(7);
        var answers = new OutputDistribution();
        var lengths = random.longs(500, 1, 20_000).toArray();
        for (var length : lengths) {
            answers.add(length);
        }
        var sorted = java.util.Arrays.stream(lengths).sorted().toArray();

        long exact = sorted[(int) (0.9 * sorted.length) - 1];
        assertThat(answers.percentile(0.9)).isBetween(exact, exact * 5 / 4);
        assertThat(answers.samples()).isEqualTo(500);
    }

    @Test
    void old_answers_fade() {
        var answers = new OutputDistribution();
        for (int i = 0; i < 5_000; i++) {
            answers.add(10_000);
        }
        for (int i = 0; i < 2_500; i++) {
            answers.add(100);
        }

        assertThat(answers.percentile(0.9)).isBetween(100L, 125L);
    }
}
