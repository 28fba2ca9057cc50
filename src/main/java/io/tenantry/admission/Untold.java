package io.tenantry.admission;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.LimitStore;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * What Redis could not be told when it was time: that an admission has ended, or that nobody got an answer to a reservation, which a slow or frozen
 * Redis may take all the same. Untold, each would keep slots and money from others until its lease ended, long after Redis is back. So it is told
 * again every second, until it arrives or the lease is over.
 *
 * <p>Beyond {@link #MOST} it is left to the lease. Everything here may be told twice.
 */
@Startup // its meter is there from the first scrape on
@ApplicationScoped
public class Untold {

    static final int MOST = 20_000;

    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int AT_ONCE = 64;

    /** In one sweep: then Redis, or the part of it that they concern, is still away. */
    private static final int MOST_FAILURES = 1_024;

    private final LimitStore store;
    private final Vertx vertx;
    private final Duration lease;
    private final Map<String, News> waiting = new LinkedHashMap<>(); // guarded by itself
    private volatile boolean anyAbandoned; // so that nothing is locked as long as nothing is wrong
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private long timer = -1;

    private record News(String id, boolean abandoned, Supplier<Uni<Void>> telling, long untilNanos) {}

    Untold(LimitStore store, AdmissionConfig config, Vertx vertx, MeterRegistry metrics) {
        this.store = store;
        this.vertx = vertx;
        this.lease = config.lease();
        Gauge.builder("tenantry.untold", this, Untold::size)
                .description("Ends of admissions that Redis could not be told yet")
                .register(metrics);
    }

    void start(@Observes StartupEvent event) {
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> sweep());
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
    }

    private int size() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    /** The admission has ended, and this could not be told. */
    public void later(AdmissionId id, Supplier<Uni<Void>> telling) {
        keep(new News(id.holdId(), false, telling, System.nanoTime() + lease.toNanos()));
    }

    /**
     * The reservation was not answered, and the request was decided without it: undone at once, behind the reservation on the same connection, and
     * later if that fails. Returns at once.
     */
    void abandoned(AdmissionRecord record) {
        Supplier<Uni<Void>> undoing = () -> undo(record);
        var news = new News(record.id().holdId(), true, undoing, System.nanoTime() + lease.toNanos());
        undoing.get().subscribe().with(done -> {}, failure -> keep(news));
    }

    private Uni<Void> undo(AdmissionRecord record) {
        var parts = record.parts().stream()
                .map(part -> store.release(part.root(), record.id().holdId(), part.charges()))
                .toList();
        return Uni.join().all(parts).andCollectFailures().replaceWithVoid();
    }

    /** The request is made again: what may be there under its name is its own. */
    void repeated(AdmissionId id) {
        if (anyAbandoned) {
            synchronized (waiting) {
                waiting.computeIfPresent(id.holdId(), (name, news) -> news.abandoned() ? null : news);
                anyAbandoned = !waiting.isEmpty();
            }
        }
    }

    private void keep(News news) {
        synchronized (waiting) {
            if (waiting.size() < MOST && news.untilNanos() - System.nanoTime() > 0) {
                waiting.put(news.id(), news);
                anyAbandoned |= news.abandoned();
            }
        }
    }

    private void sweep() {
        if (size() > 0 && sweeping.compareAndSet(false, true)) {
            sweep(size(), 0)
                    .onTermination()
                    .invoke(() -> sweeping.set(false))
                    .subscribe()
                    .with(done -> {}, failed -> {});
        }
    }

    private Uni<Void> sweep(int left, int failures) {
        var batch = next(failures < MOST_FAILURES ? Math.min(left, AT_ONCE) : 0);
        if (batch.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Multi.createFrom()
                .iterable(batch)
                .onItem()
                .transformToUni(this::isTold)
                .merge(AT_ONCE)
                .filter(told -> !told)
                .collect()
                .asList()
                .flatMap(failed -> sweep(left - batch.size(), failures + failed.size()));
    }

    /** From the front; what fails goes to the end. */
    private List<News> next(int most) {
        var batch = new ArrayList<News>(most);
        synchronized (waiting) {
            var all = waiting.values().iterator();
            while (all.hasNext() && batch.size() < most) {
                batch.add(all.next());
                all.remove();
            }
        }
        return batch;
    }

    private Uni<Boolean> isTold(News news) {
        return Uni.createFrom()
                .deferred(() -> news.telling().get())
                .replaceWith(true)
                .onFailure()
                .invoke(failure -> keep(news))
                .onFailure()
                .recoverWithItem(false);
    }
}
