package io.tenantry.platform.database;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A caller who leaves while a management call waits for the database has its session closed, and its transaction rolled back with it. What is left of the call finds that out
 * when the database answers, and nobody is there to be told; the framework reports that as two errors with their stacks. It is a line: nothing is wrong, and
 * after an outage there are as many as connections.
 */
@ApplicationScoped
class GivenUpCalls {

    /** Logs failures that nobody hears of. Held here: a logger that nobody holds forgets its filter. */
    static final Logger DROPPED = Logger.getLogger("io.quarkus.mutiny.runtime.MutinyInfrastructure");

    private static final org.jboss.logging.Logger LOG = org.jboss.logging.Logger.getLogger(GivenUpCalls.class);

    /** Hibernate Reactive's: a connection is closed within a transaction. */
    private static final String WITHIN_TRANSACTION = "HR000090";

    /** The same of what comes after it, which depends on how far the call was. */
    private static final List<String> WITHOUT_SESSION =
            List.of("No current Mutiny.Session found", "Session/EntityManager is closed");

    void start(@Observes StartupEvent event) {
        DROPPED.setFilter(GivenUpCalls::isToldInFull);
    }

    static boolean isToldInFull(LogRecord line) {
        var message = line.getThrown() instanceof IllegalStateException failure ? failure.getMessage() : null;
        if (message == null) {
            return true;
        }
        if (message.startsWith(WITHIN_TRANSACTION)) {
            LOG.info("A caller has left while its call waited for the database: the call is rolled back");
            return false;
        }
        return WITHOUT_SESSION.stream().noneMatch(message::startsWith);
    }
}
