package io.tenantry.platform.change;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.log.StoreWatch;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.RedisUnavailable;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.platform.redis.VersionNames;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Writes the versions of changed objects to Redis, where every admission compares them. At once after the commit; what could not be
 * delivered then (Redis away, this process killed) is delivered from the outbox by whichever instance gets there first.
 */
@ApplicationScoped
public class Announcements {

    private static final Logger LOG = Logger.getLogger(Announcements.class);
    private static final RedisScript RAISE = RedisScript.load("raise-version.v1");
    private static final long TICK_MILLIS = 100;
    private static final int TICKS_TO_A_SWEEP = 5;

    /** So long after Redis could not be told, every tick is a sweep: until it is told, who cannot know of a change decides as if it were not. */
    private static final Duration URGENT_FOR = Duration.ofSeconds(2);

    private static final int BATCH = 500;
    private static final int AT_ONCE = 32;

    /** Young notices are left to the call that made them, unless Redis could not be told a moment ago: telling one twice changes nothing. */
    private static final String TAKE_LEFTOVERS = """
            delete from change_outbox where outbox_id in (
                select outbox_id from change_outbox where created_at < now() - interval '1 second' or $2
                order by outbox_id limit $1 for update skip locked)
            returning outbox_id, object_kind, object_id, version, root_kind, root_id""";

    private final Vertx vertx;
    private final Pool pool;
    private final RedisCalls redis;
    private final Counter delivered;
    private final Counter postponed;
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private final StoreWatch database = new StoreWatch(
            "PostgreSQL",
            "Settlements wait in Redis and are booked when it is back, keys that are in memory go on; unknown keys and management calls are answered with 503.",
            System.nanoTime());
    private volatile boolean outage;
    private volatile long refusedAtNanos = System.nanoTime() - URGENT_FOR.toNanos();
    private long timer = -1;
    private int ticks;

    Announcements(
            Vertx vertx, @ReactiveDataSource(AdmissionPool.NAME) Pool pool, RedisCalls redis, MeterRegistry metrics) {
        this.vertx = vertx;
        this.pool = pool;
        this.redis = redis;
        this.delivered = Counter.builder("tenantry.announcements.delivered")
                .description("Versions of changed objects written to Redis")
                .register(metrics);
        this.postponed = Counter.builder("tenantry.announcements.postponed")
                .description("Changes whose announcement had to wait for Redis")
                .register(metrics);
    }

    void start(@Observes StartupEvent event) {
        timer = vertx.setPeriodic(TICK_MILLIS, id -> tick());
    }

    private void tick() {
        database.look(System.nanoTime());
        if (isUrgent() || ++ticks % TICKS_TO_A_SWEEP == 0) {
            sweep();
        }
    }

    private boolean isUrgent() {
        return System.nanoTime() - refusedAtNanos < URGENT_FOR.toNanos();
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
    }

    /** Completes when the notices are in Redis, or when it is clear that they have to wait: the change itself is committed. */
    Uni<Void> deliver(List<Announcement> notices) {
        if (notices.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return write(notices)
                .chain(() -> forget(notices))
                .invoke(() -> outage = false)
                .onFailure()
                .recoverWithUni(failure -> {
                    postponed.increment(notices.size());
                    reportOnce(failure);
                    return Uni.createFrom().voidItem();
                });
    }

    private Uni<Void> write(List<Announcement> notices) {
        return Multi.createFrom()
                .iterable(notices)
                .onItem()
                .transformToUni(this::raise)
                .merge(AT_ONCE)
                .collect()
                .asList()
                .invoke(all -> delivered.increment(all.size()))
                .onFailure()
                .invoke(() -> refusedAtNanos = System.nanoTime())
                .replaceWithVoid();
    }

    private Uni<Void> raise(Announcement notice) {
        var name = VersionNames.of(notice.root(), notice.kind(), notice.id());
        var args = List.of(
                Buffer.buffer(String.valueOf(notice.version())),
                Buffer.buffer(String.valueOf(VersionNames.LIFETIME_SECONDS)));
        return redis.run(RAISE, List.of(name), args, redis.patientTimeout()).replaceWithVoid();
    }

    private Uni<Void> forget(List<Announcement> notices) {
        var ids = notices.stream().map(Announcement::outboxId).toArray(Long[]::new);
        return pool.preparedQuery("delete from change_outbox where outbox_id = any($1)")
                .execute(Tuple.of(ids))
                .replaceWithVoid()
                .onFailure()
                .recoverWithNull(); // they are delivered twice then, which changes nothing
    }

    private void sweep() {
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        pool.withTransaction(this::deliverLeftovers)
                .onTermination()
                .invoke(() -> sweeping.set(false))
                .subscribe()
                .with(count -> outage = outage && count == 0, this::failed);
    }

    /** The rows are locked until they are written: if Redis or we fail, the transaction fails and they stay. */
    private Uni<Integer> deliverLeftovers(SqlConnection connection) {
        return connection
                .preparedQuery(TAKE_LEFTOVERS)
                .execute(Tuple.of(BATCH, isUrgent()))
                .invoke(rows -> database.heard(System.nanoTime()))
                .map(Announcements::announcements)
                .call(this::write)
                .map(List::size);
    }

    private static List<Announcement> announcements(RowSet<Row> rows) {
        var notices = new ArrayList<Announcement>(rows.size());
        for (var row : rows) {
            notices.add(new Announcement(
                    row.getLong(0),
                    ResourceKind.ofLabel(row.getString(1)),
                    row.getString(2),
                    row.getLong(3),
                    new TenantRoot(ResourceKind.ofLabel(row.getString(4)), row.getString(5))));
        }
        return notices;
    }

    /** Of Redis it is said here, of the database by its watch. */
    private void failed(Throwable failure) {
        if (failure instanceof RedisUnavailable || failure instanceof ErrorType) {
            reportOnce(failure);
        } else {
            database.missed(failure);
        }
    }

    /** One line an outage: during one this would run ten times a second. */
    private void reportOnce(Throwable failure) {
        if (!outage) {
            outage = true;
            LOG.warnf("Changes cannot be announced and wait in the outbox: %s", failure.getMessage());
        }
    }
}
