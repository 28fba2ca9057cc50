package io.tenantry.admission;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.UntoldNews.Kind;
import io.tenantry.limits.engine.Attempts;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.SettledTotal;
import io.tenantry.limits.engine.StoreUnavailable;
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
import java.util.stream.Stream;

/**
 * What Redis could not be told when it was time: that an admission has ended, or that nobody got an answer to a reservation, which a slow or frozen
 * Redis may take all the same. Untold, each would keep slots and money from others until its lease ended, long after Redis is back. So it is told
 * again every second, until it arrives or the lease is over, a total for a day.
 *
 * <p>Of a reservation one piece of news is kept, the one that says most: a settlement ends whatever is there, and has the latest totals. Beside it those of its attempts that
 * nobody got an answer to.
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
    private final Map<String, UntoldNews> waiting = new LinkedHashMap<>(); // guarded by itself
    private volatile boolean any; // so that nothing is locked as long as nothing is wrong
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private long timer = -1;

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
        settled(holdId, lease, telling);
    }

    /** The same of a hold that no lease ends: it is told for as long as that may be there. */
    public void settled(String holdId, Duration kept, Supplier<Uni<Void>> telling) {
        keep(news(holdId, Kind.SETTLED, null, kept, telling));
    }

    /** A window's total, which no reservation belongs to, could not be told: no lease ends that would make it be read. */
    public void total(String window, SettledTotal total, Supplier<Uni<Void>> telling) {
        keep(news(window, Kind.SETTLED, total, TOTAL_KEPT, telling));
    }

    /** An admission was released, and this could not be told. */
    void released(AdmissionId id, Supplier<Uni<Void>> telling) {
        keep(news(id.holdId(), Kind.RELEASED, null, lease, telling));
    }

    /** An admission could not be put back. */
    void lost(AdmissionId id, Supplier<Uni<Void>> telling) {
        keep(news(id.holdId(), Kind.LOST, null, lease, telling));
    }

    /**
     * The reservation was not answered, and the request was decided without it: undone at once, behind the reservation on the same connection, and
     * later if that fails, together with other attempts that were not answered. Returns at once.
     */
    void abandoned(AdmissionRecord record) {
        var id = record.id();
        var news = new UntoldNews(
                abandonedOf(id.holdId()),
                Kind.ABANDONED,
                null,
                List.of(Attempts.between(id.admittedAt(), id.admittedAt())),
                attempts -> undo(record, attempts),
                after(lease));
        keep(news); // first: the request may be made again before this is answered
        isTold(news).subscribe().with(told -> {}, failed -> {});
    }

    private static UntoldNews news(
            String name, Kind kind, SettledTotal total, Duration kept, Supplier<Uni<Void>> telling) {
        return new UntoldNews(name, kind, total, List.of(), none -> telling.get(), after(kept));
    }

    private static long after(Duration kept) {
        return System.nanoTime() + kept.toNanos();
    }

    /** What others have taken is left as it is: they may have been answered, here or by another instance. */
    private Uni<Void> undo(AdmissionRecord record, List<Attempts> attempts) {
        return all(attempts.stream().flatMap(some -> record.parts().stream()
                .map(part -> store.undo(part.root(), record.id().holdId(), part.charges(), some))));
    }

    /**
     * Releases all parts of an admission. Not where another instance has released it, and admitted the same request anew: that is another admission under the same
     * name. Fails where one of them cannot be told.
     */
    Uni<Void> giveBack(AdmissionRecord record) {
        return undo(
                record,
                List.of(Attempts.until(record.id().admittedAt()))); // an earlier attempt may have taken a part of it
    }

    private static Uni<Void> all(Stream<Uni<Void>> telling) {
        return Uni.join().all(telling.toList()).andCollectFailures().replaceWithVoid();
    }

    /**
     * The request is made again. What it was admitted with is not given back any more; what an attempt took that nobody got an answer to is, before
     * anything else: that may be on its way on a connection that is stuck, and must not find this one living on it. Fails where that cannot be told.
     */
    Uni<Void> repeated(AdmissionId id) {
        return any ? repeatedOf(id.holdId()) : Uni.createFrom().voidItem();
    }

    private Uni<Void> repeatedOf(String holdId) {
        UntoldNews abandoned;
        synchronized (waiting) {
            waiting.computeIfPresent(holdId, (name, news) -> news.kind() == Kind.RELEASED ? null : news);
            any = !waiting.isEmpty();
            abandoned = waiting.get(abandonedOf(holdId));
        }
        return abandoned == null
                ? Uni.createFrom().voidItem()
                : isTold(abandoned).invoke(Untold::requireTold).replaceWithVoid();
    }

    private static void requireTold(boolean told) {
        if (!told) {
            throw new StoreUnavailable("what an earlier attempt may have taken is not given back yet");
        }
    }

    /** Beside what else there is to tell of the reservation: it concerns other attempts. No name of a reservation begins so: it begins with a key's id. */
    private static String abandonedOf(String holdId) {
        return "abandoned:" + holdId;
    }

    private void keep(UntoldNews news) {
        synchronized (waiting) {
            if (waiting.size() < MOST || waiting.containsKey(news.name())) {
                waiting.merge(news.name(), news, UntoldNews::or);
                any = true;
            }
        }
    }

    /** Unless something else is to be told by now. */
    private void forget(UntoldNews told) {
        synchronized (waiting) {
            waiting.remove(told.name(), told);
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
    private List<UntoldNews> next(int most) {
        var batch = new ArrayList<UntoldNews>(most);
        synchronized (waiting) {
            var all = waiting.values().iterator();
            while (all.hasNext() && batch.size() < most) {
                batch.add(all.next());
                all.remove();
            }
            batch.removeIf(UntoldNews::isOver);
            batch.forEach(news -> waiting.put(news.name(), news));
            any = !waiting.isEmpty();
        }
        return batch;
    }

    private Uni<Boolean> isTold(UntoldNews news) {
        return Uni.createFrom()
                .deferred(() -> news.telling().apply(news.attempts()))
                .invoke(() -> forget(news))
                .replaceWith(true)
                .onFailure()
                .recoverWithItem(false);
    }
}
