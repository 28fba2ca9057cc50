package io.tenantry.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.http.StoreFailures;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The append-only ledger. Settlements are committed in groups: while one commit is under way, the next group gathers. A caller is answered after
 * the commit, so nothing acknowledged can be lost; a request of a key is booked once, so repeating is safe.
 *
 * <p>When the database does not answer within {@link UsageConfig#commitTimeout()}, it fails: see {@link Bookings} for what happens then.
 */
@Startup // its meters are there from the first scrape on
@ApplicationScoped
public class Ledger {

    private static final String BOOK_EVENTS = "select book_events(%s) as booked"
            .formatted(IntStream.rangeClosed(1, EventColumns.COUNT)
                    .mapToObj(n -> "$" + n)
                    .collect(Collectors.joining(", ")));

    private static final String BOOK_JSON = "select book_usage($1) as booked";

    private final Pool pool;
    private final UsageConfig config;
    private final Vertx vertx;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>(); // guarded by itself
    private boolean committing; // guarded by queue
    private volatile boolean draining;

    private final DistributionSummary groupSizes;
    private final Timer commits;
    private final Counter repeated;

    /**
     * A settlement that waits for its commit. It goes on where it came from, and not where the commit of all was answered: its answer is written to a
     * connection of that event loop.
     *
     * @param context of the caller; null outside of event loops
     */
    private record Waiting(UsageEvent event, UniEmitter<? super Booked> emitter, Context context, long deadlineNanos) {

        boolean isLate(long nowNanos) {
            return deadlineNanos - nowNanos <= 0;
        }

        /** Events whose caller has been given up are not booked by us any more: the caller repeats them. */
        void giveUp() {
            fail(tooLate());
        }

        void complete(Booked booked) {
            onContext(() -> emitter.complete(booked));
        }

        void fail(Throwable failure) {
            onContext(() -> emitter.fail(failure));
        }

        private void onContext(Runnable going) {
            if (context == null) {
                going.run();
            } else {
                context.runOnContext(on -> going.run());
            }
        }
    }

    Ledger(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, UsageConfig config, Vertx vertx, MeterRegistry metrics) {
        this.pool = pool;
        this.config = config;
        this.vertx = vertx;
        this.groupSizes = DistributionSummary.builder("tenantry.ledger.group.size")
                .description("Settlements committed together")
                .register(metrics);
        this.commits = Timer.builder("tenantry.ledger.commit")
                .description("Duration of a group's commit")
                .register(metrics);
        this.repeated = Counter.builder("tenantry.ledger.repeated")
                .description("Settlements that had been booked before")
                .register(metrics);
        Gauge.builder("tenantry.ledger.waiting", this, Ledger::waiting)
                .description("Settlements waiting for their commit")
                .register(metrics);
    }

    /** Books the use, or finds that it was booked. Completes after the commit; fails with OVERLOADED or DATABASE_UNAVAILABLE. */
    Uni<Booked> append(UsageEvent event) {
        return Uni.createFrom().<Booked>emitter(emitter -> enqueue(event, emitter));
    }

    private int waiting() {
        synchronized (queue) {
            return queue.size();
        }
    }

    private void enqueue(UsageEvent event, UniEmitter<? super Booked> emitter) {
        long deadline = System.nanoTime() + config.commitTimeout().toNanos();
        boolean start = false;
        boolean full;
        synchronized (queue) {
            full = queue.size() >= config.queueSize();
            if (!full) {
                queue.add(new Waiting(event, emitter, Vertx.currentContext(), deadline));
                start = !committing;
                committing = true;
            }
        }
        if (full) {
            emitter.fail(Problem.of(ProblemCode.OVERLOADED).internally("the ledger's queue is full"));
        } else if (start) {
            startSoon();
        }
    }

    private void startSoon() {
        long delay = config.groupDelay().toMillis();
        if (delay == 0 || draining) {
            commitNext();
        } else {
            vertx.setTimer(delay, timer -> commitNext());
        }
    }

    private void commitNext() {
        var group = nextGroup();
        if (!group.isEmpty()) {
            commit(group, this::commitNext);
        }
    }

    /** One transaction. Where the database refuses something about one of them, nothing was booked: halves are tried until that one fails alone. */
    private void commit(List<Waiting> group, Runnable then) {
        if (group.isEmpty()) {
            then.run();
            return;
        }
        var started = System.nanoTime();
        groupSizes.record(group.size());
        var events = group.stream().map(Waiting::event).toList();
        book(BOOK_EVENTS, new EventColumns(events).tuple())
                .onTermination()
                .invoke(() -> commits.record(System.nanoTime() - started, TimeUnit.NANOSECONDS))
                .subscribe()
                .with(
                        answer -> {
                            then.run();
                            answer(group, BookingAnswer.booked(events, answer, Booked::first));
                        },
                        failure -> {
                            if (group.size() > 1 && isRefusal(failure)) {
                                int half = group.size() / 2;
                                commit(
                                        inTime(group.subList(0, half)),
                                        () -> commit(inTime(group.subList(half, group.size())), then));
                            } else {
                                var problem = problem(failure);
                                var behind = Bookings.isAway(problem) ? everybodyWaiting() : List.<Waiting>of();
                                then.run();
                                fail(group, problem);
                                fail(behind, problem);
                            }
                        });
    }

    /** The database answered, and asking again would not change its answer. */
    static boolean isRefusal(Throwable failure) {
        boolean answered = failure instanceof PgException || failure.getCause() instanceof PgException;
        int status = StoreFailures.problemFor(failure)
                .map(problem -> problem.code().status)
                .orElse(400);
        return answered && status < 409;
    }

    private List<Waiting> nextGroup() {
        var group = new ArrayList<Waiting>();
        var late = new ArrayList<Waiting>();
        long now = System.nanoTime();
        synchronized (queue) {
            while (!queue.isEmpty() && group.size() < config.groupSize()) {
                var next = queue.poll();
                (next.isLate(now) ? late : group).add(next);
            }
            committing = !group.isEmpty();
        }
        late.forEach(Waiting::giveUp);
        return group;
    }

    /** When the database does not answer: each group behind would wait for it as long once more. */
    private List<Waiting> everybodyWaiting() {
        synchronized (queue) {
            var all = List.copyOf(queue);
            queue.clear();
            return all;
        }
    }

    private static List<Waiting> inTime(List<Waiting> group) {
        long now = System.nanoTime();
        var byLateness = group.stream().collect(Collectors.partitioningBy(waiting -> waiting.isLate(now)));
        byLateness.get(true).forEach(Waiting::giveUp);
        return byLateness.get(false);
    }

    /** Books events that were acknowledged before, outside the queue: answers in their order, after the commit. */
    Uni<List<Booked>> bookNow(List<JsonObject> events) {
        return book(BOOK_JSON, Tuple.of(new JsonArray(events))).map(answer -> BookingAnswer.ofJson(events, answer));
    }

    /** Whether the database takes anything: fails with DATABASE_UNAVAILABLE when not. */
    Uni<Void> ping() {
        return pool.query("select 1")
                .execute()
                .ifNoItem()
                .after(config.commitTimeout())
                .failWith(Ledger::tooLate)
                .replaceWithVoid();
    }

    private Uni<JsonObject> book(String statement, Tuple events) {
        return pool.preparedQuery(statement)
                .execute(events)
                .ifNoItem()
                .after(config.commitTimeout())
                .failWith(Ledger::tooLate)
                .map(Ledger::answer);
    }

    private static JsonObject answer(RowSet<Row> rows) {
        return rows.iterator().next().getJsonObject("booked");
    }

    static Problem tooLate() {
        return Problem.of(ProblemCode.DATABASE_UNAVAILABLE)
                .detail("The use could not be booked in time; repeat the settlement, it is booked once")
                .internally("no commit in time");
    }

    private void answer(List<Waiting> group, List<Booked> booked) {
        for (int n = 0; n < booked.size(); n++) {
            if (!booked.get(n).first()) {
                repeated.increment();
            }
            group.get(n).complete(booked.get(n));
        }
    }

    private static Throwable problem(Throwable failure) {
        return StoreFailures.problemFor(failure).map(known -> (Throwable) known).orElse(failure);
    }

    private static void fail(List<Waiting> group, Throwable problem) {
        group.forEach(waiting -> waiting.fail(problem));
    }

    /** At the end nobody waits for company any more; the framework lets running requests finish first. */
    void drain(@Observes @Priority(1) ShutdownEvent event) {
        draining = true;
    }
}
