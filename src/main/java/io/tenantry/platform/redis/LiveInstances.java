package io.tenantry.platform.redis;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * The instances that share this Redis. Each leaves a sign of life twice a second in every shard, and learns by it when a shard has lost data
 * (a flush, a restart, a failover, an eviction). Then each puts back what only it remembers of that shard, and no missing total of it is loaded
 * before all instances that were alive have done so, or are gone.
 */
@ApplicationScoped
public class LiveInstances {

    private static final Logger LOG = Logger.getLogger(LiveInstances.class);
    private static final Duration EVERY = Duration.ofMillis(500);

    private final Vertx vertx;
    private final RedisCalls redis;
    private final String id = UUID.randomUUID().toString();
    private final Map<String, Shard> shards = new ConcurrentHashMap<>();
    private volatile Function<Predicate<TenantRoot>, Uni<Void>> restore =
            lost -> Uni.createFrom().voidItem();
    private volatile Consumer<Predicate<TenantRoot>> whole = back -> {};
    private volatile long lostAtNanos = System.nanoTime();
    private volatile Duration longestHold = Duration.ZERO;
    private volatile boolean evictionReported;
    private volatile long heardAtNanos = System.nanoTime();
    private long timer = -1;

    LiveInstances(Vertx vertx, RedisCalls redis) {
        this.vertx = vertx;
        this.redis = redis;
    }

    /**
     * What to do when a part of Redis has lost data: puts back what only this instance remembers of the roots that lie there. Repeated until it
     * succeeds.
     *
     * @param longestHold after which nothing of what was lost is open any more
     */
    public void onLoss(Function<Predicate<TenantRoot>, Uni<Void>> action, Duration longestHold) {
        this.restore = action;
        this.longestHold = longestHold;
    }

    /**
     * What to do once for each loss when all instances have put back what they remember, or are gone.
     *
     * @param action is given the roots that lie there
     */
    public void onceWhole(Consumer<Predicate<TenantRoot>> action) {
        this.whole = action;
    }

    /**
     * Whether some part of Redis has lost data since. What was read before counts no more if it counts only as long as Redis has no newer version of it: a
     * replica that is promoted may have missed the newest ones, and says the older ones as if they were true. Of any part, since names may move to another.
     *
     * @param nanos {@link System#nanoTime()} of when the reading began
     */
    public boolean hasLostSince(long nanos) {
        return nanos - lostAtNanos <= 0;
    }

    /** At least one: this one. While Redis is away the last known number stands. */
    public int count() {
        return shards.values().stream().mapToInt(Shard::count).max().orElse(1);
    }

    /** The mark of the generation in which this instance sees what lies there: totals of another one have to be read again. */
    public int markOf(TenantRoot root) {
        return shard(redis.shardOf(root.prefix())).mark();
    }

    /** {@link System#nanoTime()} of the last sign of life that Redis, or some server of it, has answered; of the start before the first. */
    public long heardAtNanos() {
        return heardAtNanos;
    }

    /**
     * Whether everything that the instances remember of this root is in Redis. Costs a round trip, two after a loss; false also where putting back takes
     * longer than a patient call may.
     */
    public Uni<Boolean> isWhole(TenantRoot root) {
        return shard(redis.shardOf(root.prefix())).becomesWhole(longestHold);
    }

    void start(@Observes StartupEvent event) {
        beatUnasked();
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> beatUnasked());
    }

    /** Before the connections are closed. */
    void stop(@Observes @Priority(Integer.MAX_VALUE - 1) ShutdownEvent event) {
        vertx.cancelTimer(timer);
        shards.values().forEach(shard -> redis.call(
                        Request.cmd(Command.ZREM).arg(shard.alive()).arg(id), redis.patientTimeout())
                .subscribe()
                .with(gone -> {}, away -> {}));
    }

    private Shard shard(String tag) {
        return shards.computeIfAbsent(
                tag,
                name -> new Shard(
                        redis,
                        id,
                        name,
                        () -> lostAtNanos = System.nanoTime(),
                        () -> restore.apply(liesIn(name)),
                        () -> whole.accept(liesIn(name))));
    }

    private Predicate<TenantRoot> liesIn(String tag) {
        return root -> redis.shardOf(root.prefix()).equals(tag);
    }

    private void beatUnasked() {
        var known = redis.shards();
        shards.keySet().retainAll(known); // a cluster that gave a master up
        known.forEach(tag -> shard(tag).look());
        known.forEach(tag -> shard(tag).beat().subscribe().with(done -> heard(shard(tag)), away -> {
            // the last known state stands; whoever needs Redis finds out by its own call
        }));
    }

    private void heard(Shard shard) {
        heardAtNanos = System.nanoTime();
        reportEviction(shard);
    }

    /** Once: it goes on until somebody changes the setting, and a line for each name would fill the log. */
    private void reportEviction(Shard shard) {
        if (shard.evicted() > 0 && !evictionReported) {
            evictionReported = true;
            LOG.error(
                    "Redis evicts names. Limits forget what was used, and requests under a hard budget are refused more often than they"
                            + " should be. Set maxmemory-policy to noeviction and give Redis more memory.");
        }
    }
}
