package io.tenantry.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.LogLines;
import io.tenantry.testing.StoresResource;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import jakarta.inject.Inject;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LateTimersTest {

    private static final int TIMER_MILLIS = 100;

    @Inject
    Vertx vertx;

    private final Filter ours = LateTimers.UNCAUGHT.getFilter();
    private final List<LogRecord> reported = new CopyOnWriteArrayList<>();
    private final LogLines lines = LogLines.of(LateTimers.UNCAUGHT);

    @BeforeEach
    void listen() {
        LateTimers.UNCAUGHT.setFilter(line -> reported.add(line) && ours.isLoggable(line));
    }

    @AfterEach
    void stopListening() {
        LateTimers.UNCAUGHT.setFilter(ours);
        lines.close();
    }

    @Test
    void a_query_that_could_not_be_sent_leaves_no_error_in_the_log() throws Exception {
        var pool = nobodyListens();
        try {
            var failure = pool.query("select 1")
                    .execute()
                    .toCompletionStage()
                    .handle((rows, refused) -> refused)
                    .toCompletableFuture();
            assertThat(failure.get(10, TimeUnit.SECONDS)).isNotNull();
            for (int i = 0; i < 500 && reported.isEmpty(); i++) {
                Thread.sleep(10);
            }
        } finally {
            pool.close();
        }

        assertThat(reported)
                .as("the driver has left its timer running: where it does not any more, LateTimers can go")
                .hasSize(1);
        assertThat(lines.all()).isEmpty();
    }

    @Test
    void what_else_nobody_catches_is_told() {
        LateTimers.UNCAUGHT.log(Level.SEVERE, "Uncaught", new IllegalStateException("Result is already complete"));
        LateTimers.UNCAUGHT.log(Level.SEVERE, "Uncaught");

        assertThat(lines.all()).hasSize(2);
    }

    private Pool nobodyListens() throws Exception {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        return PgBuilder.pool()
                .with(new PoolOptions()
                        .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
                        .setConnectionTimeout(TIMER_MILLIS))
                .connectingTo(new PgConnectOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setDatabase("none")
                        .setUser("nobody"))
                .using(vertx)
                .build();
    }
}
