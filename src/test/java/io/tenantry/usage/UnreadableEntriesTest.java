package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnreadableEntriesTest {

    private final Logger logger = Logger.getLogger(UnreadableEntries.class.getName());
    private final List<LogRecord> lines = new ArrayList<>();
    private final Handler kept = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final UnreadableEntries unreadable = new UnreadableEntries(new SimpleMeterRegistry());

    @BeforeEach
    void listen() {
        logger.addHandler(kept);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(kept);
    }

    private void found(int count) {
        IntStream.range(0, count).forEach(n -> unreadable.found(n + "-0", true, new IllegalStateException("damaged")));
    }

    @Test
    void many_are_told_in_few_lines() {
        found(1_000);

        assertThat(lines).hasSize(10); // 1, 2, 4, ... 512
    }

    @Test
    void after_all_are_gone_the_next_one_is_told() {
        found(1_000);
        unreadable.forget();
        lines.clear();

        found(1);

        assertThat(lines).hasSize(1);
    }
}
