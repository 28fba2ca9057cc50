package io.tenantry.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisGathering;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Settled uses that the ledger could not take: kept in Redis, in the order in which they came, until some instance has booked them. As durable
 * as Redis is: with {@code appendonly yes} a crash of Redis may cost the last second, with {@code appendfsync always} nothing.
 *
 * <pre>
 * t1:{spool}:entries    stream  the uses
 * t1:{spool}:requests   hash    stream id by day, key and request id
 * t1:{spool}:booker     string  the instance that books them at the moment
 * t1:{spool}:refused    stream  uses that the ledger refuses for what they are; kept for a person to look at
 * </pre>
 */
@Startup // its meters are there from the first scrape on
@ApplicationScoped
class Spool {

    private static final RedisScript FIND = RedisScript.load("spool-find.v1");
    private static final RedisScript TAKE = RedisScript.load("spool-take.v1");
    private static final RedisScript REMOVE = RedisScript.load("spool-remove.v1");
    private static final TenantRoot ROOT = new TenantRoot(ResourceKind.GLOBAL, "spool"); // all of it is in one slot
    private static final String ENTRIES = SpoolAdding.ENTRIES;
    private static final String REQUESTS = SpoolAdding.REQUESTS;
    private static final String BOOKER = "t1:{spool}:booker";
    private static final String REFUSED = "t1:{spool}:refused";
    private static final int KEPT = 1;
    private static final int KNOWN = 2;

    /** What an answer to {@link #TAKE} begins with. */
    private static final int FIXED = 2;

    /** Of entries that we cannot read: each look is nested in the one before, so they must be few however many entries there are. */
    private static final int PASSED_AT_ONCE = 1_000;

    /** After this somebody else may go on: longer than a commit may take, since each batch renews it. */
    private static final Duration BOOKER_LEASE = Duration.ofSeconds(10);

    /** The limit store is told right after an entry is kept. It must not be told of the booking before. */
    private static final Duration YOUNGEST = Duration.ofSeconds(1);

    private final RedisCalls redis;
    private final UsageConfig config;
    private final Buffer instance = Buffer.buffer(UUID.randomUUID().toString());
    private final RedisGathering<SpooledUse, Response> adding;
    private final Counter kept;
    private final UnreadableEntries unreadable;
    private volatile long length;
    private volatile long oldestMillis;

    /** An entry under its name in the stream. */
    record Entry(String id, SpooledUse use) {}

    Spool(RedisCalls redis, UsageConfig config, MeterRegistry metrics) {
        this.redis = redis;
        this.config = config;
        this.adding = new RedisGathering<>(
                redis,
                (root, uses) -> new SpoolAdding(uses, config.spoolSize()),
                SpoolAdding.MOST,
                config.queueSize(),
                redis.patientTimeout());
        this.kept = Counter.builder("tenantry.spool.kept")
                .description("Settlements that were kept in Redis because the database was away")
                .register(metrics);
        this.unreadable = new UnreadableEntries(metrics);
        Gauge.builder("tenantry.spool.length", () -> length)
                .description("Settlements in Redis that are not in the ledger yet, of all instances")
                .register(metrics);
        Gauge.builder("tenantry.spool.age.seconds", () -> oldestMillis / 1_000.0)
                .description("Age of the oldest of them")
                .register(metrics);
    }

    /** As last seen, half a second ago at the most while Redis answers. */
    long length() {
        return length;
    }

    long oldestMillis() {
        return oldestMillis;
    }

    /**
     * Keeps the use; answers with the one that was kept first under this request. Those that come at once share calls: when a commit fails, all that have
     * waited behind it come. Fails with OVERLOADED when the spool is full, with
     * DATABASE_UNAVAILABLE when Redis does not answer either: then nothing is acknowledged, and repeating is safe.
     */
    Uni<Booked> add(SpooledUse use) {
        return adding.ask(ROOT, use).onFailure().transform(Spool::neitherStore).map(answer -> read(answer, use));
    }

    private Booked read(Response answer, SpooledUse use) {
        switch (answer.get(0).toInteger()) {
            case KEPT:
                kept.increment();
                length = Math.max(1, length);
                return use.booked(true);
            case KNOWN:
                return known(answer.get(1).toBuffer());
            default:
                throw Problem.of(ProblemCode.OVERLOADED)
                        .detail("The database is away and as many settlements wait for it as are allowed")
                        .internally("the spool is full");
        }
    }

    private static Booked known(Buffer text) {
        try {
            return SpooledUse.of(text).booked(false);
        } catch (RuntimeException unreadable) {
            throw Problem.of(ProblemCode.DATABASE_UNAVAILABLE)
                    .detail(
                            "A settlement of this request waits for the database, and another release has written it; repeat yours later")
                    .internally("unreadable: %s", unreadable.getMessage());
        }
    }

    private static Problem neitherStore(Throwable failure) {
        return Problem.of(ProblemCode.DATABASE_UNAVAILABLE)
                .detail("The use could be booked nowhere; repeat the settlement, it is booked once")
                .internally("no database, and Redis: %s", failure.getMessage());
    }

    /** What is kept for the same request, and is not partial. */
    Uni<Optional<Booked>> findWhole(UsageEvent event) {
        return redis.run(
                        FIND,
                        List.of(ENTRIES, REQUESTS),
                        List.of(text(SpooledUse.wholeOf(event))),
                        redis.patientTimeout())
                .map(entry -> Optional.ofNullable(entry)
                        .map(text -> SpooledUse.of(text.toBuffer()).booked(false)));
    }

    /** The oldest entries that we can read; empty when there are none, or another instance is at it. */
    Uni<List<Entry>> take(int most) {
        return take(most, most);
    }

    private Uni<List<Entry>> take(int most, int lookedAt) {
        var args = List.of(
                instance,
                text(BOOKER_LEASE.toMillis()),
                text(lookedAt),
                text(YOUNGEST.toMillis()),
                text(unreadable.first()));
        return redis.run(TAKE, List.of(ENTRIES, BOOKER), args, redis.patientTimeout())
                .flatMap(answer -> {
                    var entries = entries(answer);
                    boolean onlyUnreadable = entries.isEmpty() && answer.size() > FIXED;
                    return onlyUnreadable
                            ? take(most, PASSED_AT_ONCE)
                            : Uni.createFrom().item(entries.subList(0, Math.min(most, entries.size())));
                });
    }

    private List<Entry> entries(Response answer) {
        length = answer.get(0).toLong();
        oldestMillis = answer.get(1).toLong();
        if (length == 0) {
            unreadable.forget();
        }
        var entries = new ArrayList<Entry>();
        for (int i = FIXED; i < answer.size(); i += 2) {
            add(entries, answer.get(i).toString(), answer.get(i + 1).toBuffer());
        }
        return entries;
    }

    private void add(List<Entry> entries, String id, Buffer text) {
        try {
            entries.add(new Entry(id, SpooledUse.of(text)));
        } catch (RuntimeException cause) {
            unreadable.found(id, entries.isEmpty(), cause);
        }
    }

    /** Call it when they are booked. */
    Uni<Void> remove(List<Entry> entries) {
        return remove(entries, "0");
    }

    /** Call it for one that the ledger will never take. */
    Uni<Void> setAside(Entry entry) {
        return remove(List.of(entry), "1");
    }

    private Uni<Void> remove(List<Entry> entries, String aside) {
        var args = new ArrayList<>(List.of(text(aside)));
        entries.forEach(entry ->
                Stream.of(entry.id(), entry.use().request()).map(Spool::text).forEach(args::add));
        return redis.run(REMOVE, List.of(ENTRIES, REQUESTS, REFUSED), args, redis.patientTimeout())
                .invoke(left -> length = left.toLong())
                .replaceWithVoid();
    }

    private static Buffer text(Object value) {
        return Buffer.buffer(String.valueOf(value));
    }
}
