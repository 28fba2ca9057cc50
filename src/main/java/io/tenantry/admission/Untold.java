package io.tenantry.admission;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.SettledTotal;
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
 * again every second, until it arrives or the lease is over, a total for a day.
 *
 * <p>Of a reservation one piece of news is kept, the one that says most: a settlement ends whatever is there, and has the latest totals.
 *
 * <p>Beyond {@link #MOST} it is left to the lease. Everything here may be told twice.
 */
@Startup // its meter is there from the first scrape on
@ApplicationScoped
public class Untold {

    static final int MOST = 20_000;

    private static final Duration TOTAL_KEPT = Duration.ofDays(1);
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int AT_ONCE = 64;

    /** In one sweep: then Redis, or the part of it that they concern, is still away. */
    private static final int MOST_FAILURES = 1_024;

    private final LimitStore store;
    private final Vertx vertx;
    private final Duration lease;
    private final Map<String, News> waiting = new LinkedHashMap<>(); // guarded by itself
    private volatile boolean any; // so that nothing is locked as long as nothing is wrong
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private long timer = -1;

    /** What is to be told of a reservation. A later one says more. */
    private enum Kind {
        /** Nobody got an answer to it. */
        ABANDONED,
        /** Redis has lost it, and it is to be put back. */
        LOST,
        RELEASED,
        SETTLED;

        /** Whether it says that what is there is to be given back. */
        boolean givesBack() {
            return this == ABANDONED || this == RELEASED;
        }
    }

    /** @param total of a window that no reservation belongs to; else null */
    private record News(String holdId, Kind kind, SettledTotal total, Supplier<Uni<Void>> telling, long untilNanos) {

        boolean isOver() {
            return untilNanos - System.nanoTime() <= 0;
        }

        /** Of two that say the same the newer one; of two totals the later one, since calls overtake each other. */
        News or(News newer) {
            boolean saysMore = total == null ? kind.compareTo(newer.kind) > 0 : total.isLaterThan(newer.total);
            return saysMore ? this : newer;
        }
    }

    Untold(LimitStore store, AdmissionConfig config, Vertx vertx, MeterRegistry metrics) {
        this.store = store;
        this.vertx = vertx;
        this.lease = config.lease();
        Gauge.builder("tenantry.untold", this, Untold::size)
                .description("Ends of admissions, and totals, that Redis could not be told yet")
                .register(metrics);
    }

    void start(@Observes StartupEvent event) {
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> sweep());
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
    }

    int size() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    /** A use is booked, and this could not be told. */
    public void settled(String holdId, Supplier<Uni<Void>> telling) {
        keep(news(holdId, Kind.SETTLED, telling));
    }

    /** The same of a hold that no lease ends: it is told for as long as that may be there. */
    public void settled(String holdId, Duration kept, Supplier<Uni<Void>> telling) {
        keep(new News(holdId, Kind.SETTLED, null, telling, System.nanoTime() + kept.toNanos()));
    }

    /** A window's total, which no reservation belongs to, could not be told: no lease ends that would make it be read. */
    public void total(String window, SettledTotal total, Supplier<Uni<Void>> telling) {
        keep(new News(window, Kind.SETTLED, total, telling, System.nanoTime() + TOTAL_KEPT.toNanos()));
    }

    /** An admission was released, and this could not be told. */
    void released(AdmissionId id, Supplier<Uni<Void>> telling) {
        keep(news(id.holdId(), Kind.RELEASED, telling));
    }

    /** An admission could not be put back. */
    void lost(AdmissionId id, Supplier<Uni<Void>> telling) {
        keep(news(id.holdId(), Kind.LOST, telling));
    }

    /**
     * The reservation was not answered, and the request was decided without it: undone at once, behind the reservation on the same connection, and
     * later if that fails. Returns at once.
     */
    void abandoned(AdmissionRecord record) {
        var news = news(record.id().holdId(), Kind.ABANDONED, () -> giveBack(record));
        keep(news); // first: the request may be made again before this is answered
        isTold(news).subscribe().with(told -> {}, failed -> {});
    }

    private News news(String holdId, Kind kind, Supplier<Uni<Void>> telling) {
        return new News(holdId, kind, null, telling, System.nanoTime() + lease.toNanos());
    }

    /** Releases all parts of a reservation. Fails where one of them cannot be told. */
    Uni<Void> giveBack(AdmissionRecord record) {
        var parts = record.parts().stream()
                .map(part -> store.release(part.root(), record.id().holdId(), part.charges()))
                .toList();
        return Uni.join().all(parts).andCollectFailures().replaceWithVoid();
    }

    /** The request is made again: what may be there under its name is its own, and is not given back. */
    void repeated(AdmissionId id) {
        if (any) {
            synchronized (waiting) {
                waiting.computeIfPresent(
                        id.holdId(), (name, news) -> news.kind().givesBack() ? null : news);
                any = !waiting.isEmpty();
            }
        }
    }

    private void keep(News news) {
        synchronized (waiting) {
            if (waiting.size() < MOST || waiting.containsKey(news.holdId())) {
                waiting.merge(news.holdId(), news, News::or);
                any = true;
            }
        }
    }

    /** Unless something else is to be told by now. */
    private void forget(News told) {
        synchronized (waiting) {
            waiting.remove(told.holdId(), told);
            any = !waiting.isEmpty();
        }
    }

    void sweep() {
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

    /** From the front, and to the end: it waits until it is told, so that what happens meanwhile finds it. */
    private List<News> next(int most) {
        var batch = new ArrayList<News>(most);
        synchronized (waiting) {
            var all = waiting.values().iterator();
            while (all.hasNext() && batch.size() < most) {
                batch.add(all.next());
                all.remove();
            }
            batch.removeIf(News::isOver);
            batch.forEach(news -> waiting.put(news.holdId(), news));
            any = !waiting.isEmpty();
        }
        return batch;
    }

    private Uni<Boolean> isTold(News news) {
        return Uni.createFrom()
                .deferred(() -> news.telling().get())
                .invoke(() -> forget(news))
                .replaceWith(true)
                .onFailure()
                .recoverWithItem(false);
    }
}
