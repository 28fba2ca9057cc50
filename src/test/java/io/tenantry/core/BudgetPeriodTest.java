package io.tenantry.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetPeriodTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    /** The contract's examples: now is Wednesday, 2026-02-11 14:35:20 UTC. */
    @ParameterizedTest
    @CsvSource({
        "1d, 2026-02-11T00:00:00Z, 2026-02-12T00:00:00Z",
        "24h, 2026-02-11T00:00:00Z, 2026-02-12T00:00:00Z",
        "daily, 2026-02-11T00:00:00Z, 2026-02-12T00:00:00Z",
        "7d, 2026-02-09T00:00:00Z, 2026-02-16T00:00:00Z",
        "1w, 2026-02-09T00:00:00Z, 2026-02-16T00:00:00Z",
        "30d, 2026-02-01T00:00:00Z, 2026-03-01T00:00:00Z",
        "1mo, 2026-02-01T00:00:00Z, 2026-03-01T00:00:00Z",
        "monthly, 2026-02-01T00:00:00Z, 2026-03-01T00:00:00Z",
        "1h, 2026-02-11T14:00:00Z, 2026-02-11T15:00:00Z",
        "6h, 2026-02-11T12:00:00Z, 2026-02-11T18:00:00Z",
        "5h, 2026-02-11T10:00:00Z, 2026-02-11T15:00:00Z",
        "30m, 2026-02-11T14:30:00Z, 2026-02-11T15:00:00Z",
        "30s, 2026-02-11T14:35:00Z, 2026-02-11T14:35:30Z",
    })
    void windows_follow_the_calendar(String text, Instant start, Instant end) {
        var window = BudgetPeriod.parse(text, "budget_duration")
                .windowAt(Instant.parse("2026-02-11T14:35:20Z"), ZoneOffset.UTC);

        assertThat(window.start()).isEqualTo(start);
        assertThat(window.end()).isEqualTo(end);
        assertThat(window.period()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"2026-03-29T12:00:00Z, 23", "2026-10-25T12:00:00Z, 25", "2026-06-01T12:00:00Z, 24"})
    void a_day_with_a_daylight_saving_change_has_23_or_25_hours(Instant at, long hours) {
        var day = BudgetPeriod.parse("1d", "budget_duration").windowAt(at, BERLIN);

        assertThat(Duration.between(day.start(), day.end())).isEqualTo(Duration.ofHours(hours));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1d", "3d", "7d", "30d", "2w", "1mo", "1h", "5h", "7m", "45m", "7s", "10d", "24h"})
    void windows_touch_each_other_and_never_overlap(String text) {
        var period = BudgetPeriod.parse(text, "budget_duration");
        var random = new Random(7);
        for (int i = 0; i < 500; i++) {
            var at = Instant.ofEpochSecond(1_700_000_000L + random.nextInt(100_000_000), random.nextInt(1_000_000_000));
            var window = period.windowAt(at, BERLIN);

            assertThat(window.contains(at)).isTrue();
            assertThat(period.windowAt(window.start(), BERLIN)).isEqualTo(window);
            assertThat(period.windowAt(window.end().minusNanos(1), BERLIN)).isEqualTo(window);
            assertThat(period.windowAt(window.end(), BERLIN).start()).isEqualTo(window.end());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "d", "0d", "-1d", "1x", "1.5h", "2mo", "25h", "61m", "90s", "1 d", "99999999d"})
    void what_cannot_be_read_names_the_field_and_the_remedy(String text) {
        assertThatThrownBy(() -> BudgetPeriod.parse(text, "budget_duration"))
                .isInstanceOfSatisfying(Problem.class, problem -> {
                    assertThat(problem.code()).isEqualTo(ProblemCode.INVALID_DURATION);
                    assertThat(problem.param()).isEqualTo("budget_duration");
                });
    }

    @Test
    void without_a_period_the_window_is_the_lifetime() {
        assertThat(BudgetPeriod.windowAt(null, Instant.now(), ZoneOffset.UTC)).isEqualTo(BudgetPeriod.LIFETIME);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1d", "24h", "daily", "1w", "168h", "30d", "1mo", "monthly", "14d", "2w", "5d", "1h", "7h", "30m", "9s"
            })
    void every_spelling_of_a_period_has_the_same_windows(String text) {
        var at = Instant.parse("2026-02-11T14:35:20Z");
        var window = BudgetPeriod.windowAt(text, at, BERLIN);

        assertThat(BudgetPeriod.spellings(text)).contains(text).doesNotHaveDuplicates();
        for (var spelling : BudgetPeriod.spellings(text)) {
            var same = BudgetPeriod.windowAt(spelling, at, BERLIN);
            assertThat(same.start()).as(spelling).isEqualTo(window.start());
            assertThat(same.end()).as(spelling).isEqualTo(window.end());
        }
        assertThat(BudgetPeriod.spellings(null)).isEmpty();
    }
}
