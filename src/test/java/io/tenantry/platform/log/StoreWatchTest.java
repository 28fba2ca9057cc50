package io.tenantry.platform.log;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.LogLines;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StoreWatchTest {

    private final LogLines lines = LogLines.of(StoreWatch.class);
    private final StoreWatch watch = new StoreWatch("PostgreSQL", "Settlements wait.", 0);
    private long now;

    @AfterEach
    void stopListening() {
        lines.close();
    }

    /** Looks as often as its users do. */
    private void silenceOf(long seconds) {
        for (long until = now + SECONDS.toNanos(seconds); now < until; now += TimeUnit.MILLISECONDS.toNanos(500)) {
            watch.look(now);
        }
    }

    @Test
    void an_outage_is_two_lines() {
        for (int i = 0; i < 100; i++) {
            watch.missed(new IOException("Connection refused"));
            watch.missed(new IOException("given up"));
        }
        silenceOf(600);
        assertThat(lines.all())
                .containsExactly("WARN PostgreSQL has not answered for 3 s (Connection refused). Settlements wait.");
        lines.clear();

        watch.heard(now);
        watch.heard(now);
        silenceOf(1);

        assertThat(lines.all()).containsExactly("WARN PostgreSQL answers again, after 600 s");
    }

    @Test
    void the_next_outage_is_told_again() {
        silenceOf(10);
        watch.heard(now);
        lines.clear();

        silenceOf(10);

        assertThat(lines.all())
                .containsExactly("WARN PostgreSQL has not answered for 3 s (no answer). Settlements wait.");
    }

    @Test
    void a_question_that_is_missed_is_no_outage() {
        watch.missed(new IOException("slow"));
        silenceOf(2);
        watch.heard(now);
        silenceOf(2);

        assertThat(lines.all()).isEmpty();
    }

    @Test
    void a_process_that_stood_still_blames_no_store() {
        silenceOf(1);
        now += SECONDS.toNanos(100);
        silenceOf(1);
        watch.heard(now);

        assertThat(lines.all()).isEmpty();
    }
}
