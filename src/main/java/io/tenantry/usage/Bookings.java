package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Where a settled use goes: into the ledger; while the database is away into the spool. Acknowledged means durable in either case, and booked once:
 * what the spool holds for a request comes before what the ledger would take.
 */
@ApplicationScoped
class Bookings {

    private static final Logger LOG = Logger.getLogger(Bookings.class);

    private final Ledger ledger;
    private final Spool spool;
    private volatile boolean away;

    Bookings(Ledger ledger, Spool spool) {
        this.ledger = ledger;
        this.spool = spool;
    }

    /** Whether the ledger's last answer was none. Then settlements do not wait for it. */
    boolean isLedgerAway() {
        return away;
    }

    /** Fails with DATABASE_UNAVAILABLE or OVERLOADED when it could be kept nowhere. */
    Uni<Booked> book(AdmissionRecord record, UsageEvent event) {
        if (away) {
            return keep(record, event);
        }
        if (spool.length() == 0) {
            return append(record, event);
        }
        return kept(event)
                .flatMap(found -> found.isPresent() ? Uni.createFrom().item(found.get()) : append(record, event));
    }

    private Uni<Booked> append(AdmissionRecord record, UsageEvent event) {
        return ledger.append(event).onFailure(Bookings::isAway).recoverWithUni(() -> keepNow(record, event));
    }

    /** For what the ledger has in part, and did not raise: it is raised from the spool. */
    Uni<Booked> keepNow(AdmissionRecord record, UsageEvent event) {
        markAway();
        return keep(record, event);
    }

    /** What the ledger took after all (a commit whose answer was lost) it finds booked when the spool is drained. */
    private Uni<Booked> keep(AdmissionRecord record, UsageEvent event) {
        var whole = event.partial() ? kept(event) : Uni.createFrom().item(Optional.<Booked>empty());
        return whole.flatMap(found -> found.isPresent()
                ? Uni.createFrom().item(found.get())
                : spool.add(new SpooledUse(event.json(), record, Instant.now())));
    }

    /** A part that waits is no answer: the ledger has it already or will raise it. */
    private Uni<Optional<Booked>> kept(UsageEvent event) {
        return spool.findWhole(event).onFailure().recoverWithItem(Optional.empty());
    }

    static boolean isAway(Throwable failure) {
        return failure instanceof Problem problem && problem.code() == ProblemCode.DATABASE_UNAVAILABLE;
    }

    /** The ledger has not answered: settlements do not wait for it any more. */
    void markAway() {
        if (!away) {
            away = true;
            LOG.warn("PostgreSQL does not take settlements: they are kept in Redis until it does");
        }
    }

    /** The ledger has answered. */
    void markBack() {
        if (away) {
            away = false;
            LOG.info("PostgreSQL takes settlements again");
        }
    }
}
