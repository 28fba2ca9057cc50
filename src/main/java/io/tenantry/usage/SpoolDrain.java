package io.tenantry.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Books what the spool holds, as soon as the ledger takes it: one instance at a time, a batch after the other, each removed after its commit. An
 * instance that dies in between leaves the rest to another one, and what it had booked is found booked.
 */
@Startup // its meters are there from the first scrape on
@ApplicationScoped
class SpoolDrain {

    private static final Logger LOG = Logger.getLogger(SpoolDrain.class);

    private final Vertx vertx;
    private final Spool spool;
    private final Ledger ledger;
    private final Bookings bookings;
    private final PartialBookings partials;
    private final SpooledHolds holds;
    private final UsageConfig config;
    private final Counter booked;
    private final Counter refused;
    private final AtomicBoolean draining = new AtomicBoolean();
    private volatile boolean stopped;
    private long timer = -1;

    SpoolDrain(
            Vertx vertx,
            Spool spool,
            Ledger ledger,
            Bookings bookings,
            PartialBookings partials,
            SpooledHolds holds,
            UsageConfig config,
            MeterRegistry metrics) {
        this.vertx = vertx;
        this.spool = spool;
        this.ledger = ledger;
        this.bookings = bookings;
        this.partials = partials;
        this.holds = holds;
        this.config = config;
        this.booked = Counter.builder("tenantry.spool.booked")
                .description("Settlements that were booked from Redis")
                .register(metrics);
        this.refused = Counter.builder("tenantry.spool.refused")
                .description("Settlements in Redis that the ledger refuses for what they are")
                .register(metrics);
    }

    void start(@Observes StartupEvent event) {
        timer = vertx.setPeriodic(config.spoolInterval().toMillis(), tick -> look());
    }

    void stop(@Observes ShutdownEvent event) {
        stopped = true;
        vertx.cancelTimer(timer);
    }

    private void look() {
        if (!draining.compareAndSet(false, true)) {
            return;
        }
        // While the ledger is away a single use is tried: whether it is back.
        next(bookings.isLedgerAway() ? 1 : config.groupSize())
                .onTermination()
                .invoke(() -> draining.set(false))
                .subscribe()
                .with(done -> {}, away -> LOG.debugf("The spool waits: %s", away.getMessage()));
    }

    private Uni<Void> next(int most) {
        return spool.take(most)
                .flatMap(entries -> entries.isEmpty() ? idle() : book(entries).chain(this::goOn));
    }

    private Uni<Void> goOn() {
        bookings.markBack();
        return stopped ? Uni.createFrom().voidItem() : next(config.groupSize());
    }

    private Uni<Void> idle() {
        return bookings.isLedgerAway()
                ? ledger.ping().invoke(bookings::markBack)
                : Uni.createFrom().voidItem();
    }

    private Uni<Void> book(List<Spool.Entry> entries) {
        var events = entries.stream().map(entry -> entry.use().event()).toList();
        return ledger.bookNow(events)
                .flatMap(found -> raise(entries, found))
                .call(totals -> holds.free(entries, totals))
                .call(() -> spool.remove(entries))
                .invoke(() -> booked.increment(entries.size()))
                .replaceWithVoid()
                .onFailure(Ledger::isRefusal)
                .recoverWithUni(refusal -> oneByOne(entries, refusal));
    }

    /** What had been booked as "at least this much" has room for what was acknowledged after it. Repeating it changes nothing. */
    private Uni<List<Booked>> raise(List<Spool.Entry> entries, List<Booked> found) {
        return Multi.createFrom()
                .range(0, found.size())
                .onItem()
                .transformToUniAndConcatenate(n -> raise(entries.get(n), found.get(n)))
                .collect()
                .asList();
    }

    private Uni<Booked> raise(Spool.Entry entry, Booked found) {
        return found.first() || !found.partial()
                ? Uni.createFrom().item(found)
                : partials.raise(entry.use().event()).map(PartialBookings.Raised::now);
    }

    /** Waiting would not help: something about one of them is wrong. It must not keep the others waiting for ever. */
    private Uni<Void> oneByOne(List<Spool.Entry> entries, Throwable refusal) {
        if (entries.size() == 1) {
            refused.increment();
            LOG.errorf(
                    "A settlement cannot be booked and is kept aside in Redis: request %s: %s",
                    entries.get(0).use().request(), refusal.getMessage());
            return spool.setAside(entries.get(0));
        }
        Uni<Void> all = Uni.createFrom().voidItem();
        for (var entry : entries) {
            all = all.chain(() -> book(List.of(entry)));
        }
        return all;
    }
}
