package io.tenantry.platform.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.Test;

class StoreStatesTest {

    private static final String REASON = "no answer";

    private final StoreStates states = new StoreStates(() -> true);

    private static long at(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }

    private static boolean isReady(HealthCheckResponse check) {
        return check.getStatus() == HealthCheckResponse.Status.UP;
    }

    @Test
    void one_question_that_redis_misses_does_not_make_an_instance_unready_although_postgresql_is_away() {
        states.missed(DatabaseCheck.NAME, REASON, at(0));
        assertThat(isReady(states.missed(DatabaseCheck.NAME, REASON, at(5_000))))
                .isTrue();

        var late = states.missed(RedisCheck.NAME, REASON, at(6_000), at(5_500));

        assertThat(isReady(late)).isTrue();
        assertThat(late.getData().orElseThrow()).containsEntry("degraded", true);
        assertThat(isReady(states.missed(DatabaseCheck.NAME, REASON, at(6_000))))
                .isTrue();
    }

    @Test
    void with_both_silent_for_two_seconds_it_is_not_ready_and_with_one_back_it_is() {
        states.missed(DatabaseCheck.NAME, REASON, at(0));
        assertThat(isReady(states.missed(DatabaseCheck.NAME, REASON, at(2_000))))
                .isTrue();

        assertThat(isReady(states.missed(RedisCheck.NAME, REASON, at(7_500), at(5_500))))
                .isFalse();
        assertThat(isReady(states.missed(DatabaseCheck.NAME, REASON, at(7_500))))
                .isFalse();

        states.up(DatabaseCheck.NAME);
        assertThat(isReady(states.missed(RedisCheck.NAME, REASON, at(8_000), at(5_500))))
                .isTrue();
    }

    @Test
    void silence_begins_anew_after_an_answer() {
        var strict = new StoreStates(() -> false);
        assertThat(isReady(strict.missed(DatabaseCheck.NAME, REASON, at(0)))).isTrue();
        strict.up(DatabaseCheck.NAME);

        assertThat(isReady(strict.missed(DatabaseCheck.NAME, REASON, at(60_000))))
                .isTrue();
        assertThat(isReady(strict.missed(DatabaseCheck.NAME, REASON, at(62_000))))
                .isFalse();
    }
}
