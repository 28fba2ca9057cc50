package io.tenantry.usage;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * Entries of the spool that this release cannot read: a later one has written them, or they are damaged. They stay where they are, since what is in them is
 * acknowledged and in no ledger; whoever books passes over them. From time to time all are looked at again: they may have been mended, or be gone.
 */
final class UnreadableEntries {

    private static final Logger LOG = Logger.getLogger(UnreadableEntries.class);
    private static final Duration AGAIN = Duration.ofMinutes(1);
    private static final String FROM_THE_FIRST = "-";

    private String first = FROM_THE_FIRST;
    private long since = System.nanoTime();
    private long passed;
    private long logged;
    private volatile long known;

    UnreadableEntries(MeterRegistry metrics) {
        Gauge.builder("tenantry.spool.unreadable", () -> known)
                .description("Settlements in Redis that this instance cannot read")
                .register(metrics);
    }

    /** Where to go on: behind those that are known. */
    synchronized String first() {
        if (System.nanoTime() - since > AGAIN.toNanos()) {
            restart();
        }
        return first;
    }

    /** As many as were passed over this time are there. */
    private void restart() {
        known = passed;
        logged = Math.min(logged, passed);
        first = FROM_THE_FIRST;
        since = System.nanoTime();
        passed = 0;
    }

    /** @param noneBefore whether all before it are unreadable too: what is not booked yet must not be passed over */
    synchronized void found(String id, boolean noneBefore, RuntimeException cause) {
        if (noneBefore) {
            first = "(" + id;
            passed++;
        }
        if (passed >= Math.max(1, 2 * logged)) { // a line for the first, and whenever they are twice as many
            logged = passed;
            LOG.errorf(
                    "Settlements that wait in Redis cannot be read and stay there: %d so far, the latest is entry %s: %s. See \"Settlements that cannot be read\" in docs/operations.md",
                    passed, id, cause.getMessage());
        }
        known = Math.max(known, passed);
    }

    /** There are none at all. */
    synchronized void forget() {
        passed = 0;
        restart();
    }
}
