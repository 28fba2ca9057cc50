package io.tenantry.platform.database;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Keeps one line out of the log. Where a query fails because no connection can be made, the driver leaves the timer for getting one running; when that
 * ends it fails the query once more, which the event loop reports as an error with its stack: one for each query that failed meanwhile, thousands in an outage. The
 * caller has had the answer long before, so nothing is lost with the line. Without the timer nothing would bound the wait for a connection, and no version
 * of the driver cancels it.
 */
@ApplicationScoped
class LateTimers {

    /** Logs what nobody catches on an event loop. Held here: a logger that nobody holds forgets its filter. */
    static final Logger UNCAUGHT = Logger.getLogger("io.quarkus.vertx.core.runtime.VertxCoreRecorder");

    private static final String PROMISE = "io.vertx.core.Promise";
    private static final String POOL = "io.vertx.sqlclient.impl.pool.SqlConnectionPool";

    void start(@Observes StartupEvent event) {
        UNCAUGHT.setFilter(line -> !isOfLateTimer(line));
    }

    static boolean isOfLateTimer(LogRecord line) {
        if (!(line.getThrown() instanceof IllegalStateException failure)) {
            return false;
        }
        var stack = failure.getStackTrace();
        return stack.length > 1
                && stack[0].getClassName().equals(PROMISE)
                && stack[0].getMethodName().equals("fail")
                && stack[1].getClassName().equals(POOL)
                && stack[1].getMethodName().contains("execute");
    }
}
