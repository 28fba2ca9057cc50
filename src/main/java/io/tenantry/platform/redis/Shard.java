package io.tenantry.platform.redis;

import io.smallrye.mutiny.Uni;
import io.tenantry.platform.log.StoreWatch;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** One part of Redis that can lose its data by itself, as an instance sees it: who is alive there, and whether everything is back. */
final class Shard {

    static final Duration GONE_AFTER = Duration.ofSeconds(6);

    private static final RedisScript HEARTBEAT = RedisScript.load("heartbeat.v2");
    private static final Duration LIFETIME = Duration.ofMinutes(1);

    /** Longer than any balance lives, 30 days at the most: a generation ends with the data, and not because no instance was there for a while. */
    private static final Duration LIFETIME_OF_GENERATION = Duration.ofDays(60);

    private static final long NEVER = -1;
    /** A total that was never read has 0. */
    private static final int NO_MARK = 1;

    /** Hexadecimal, of the generation's name. */
    private static final int MARK_DIGITS = 7;

    private final RedisCalls redis;
    private final String instance;
    private final List<String> names;
    private final Runnable lost;
    private final Supplier<Uni<Void>> restore;
    private final Runnable whole;
    private final StoreWatch watch = new StoreWatch(
            "Redis, or a server of it,",
            "Requests under a hard budget are answered with 503, rates follow tenantry.limits.when-unavailable.",
            System.nanoTime());
    private volatile String noticed = "";
    private volatile int mark = NO_MARK;
    private volatile State state = new State("", 1, 0, 0, 0, NEVER);
    private Restoring restoring; // guarded by this
    private String wholeFor = ""; // guarded by this

    /** Our part is being put back; whoever sees the same loss waits for the same. */
    private record Restoring(String generation, Uni<Void> done) {}

    /**
     * @param generation   for which we have put our part back; empty before the first sign of life
     * @param count        living instances, as far as we know
     * @param awaited      instances that have to put their part back; zero when nothing is awaited
     * @param awaitedUntil {@link System#nanoTime()} after which the missing ones are gone
     * @param evicted      names that this server has evicted in its life, as far as it says so
     * @param evictedAgo   milliseconds since it was seen to evict; {@link #NEVER}
     */
    private record State(String generation, int count, int awaited, long awaitedUntil, long evicted, long evictedAgo) {}

    /**
     * @param tag     a hash tag that lives in this shard
     * @param lost    what to do once for each loss
     * @param restore what to do then, until it succeeds
     * @param whole   what to do once for each loss when nothing is awaited any more
     */
    Shard(RedisCalls redis, String instance, String tag, Runnable lost, Supplier<Uni<Void>> restore, Runnable whole) {
        this.redis = redis;
        this.instance = instance;
        this.names = Stream.of("alive", "generation", "restored", "evicted")
                .map(name -> "t1:{" + tag + "}:" + name)
                .toList();
        this.lost = lost;
        this.restore = restore;
        this.whole = whole;
    }

    String alive() {
        return names.get(0);
    }

    /**
     * Of the latest generation that we have seen: what was written in another one may not be the last that was. No two have the same one, also where what lies in
     * one shard comes from another: it is made of the generation's name, which is random.
     */
    int mark() {
        return mark;
    }

    private static int markOf(String generation) {
        return Integer.parseInt(generation.substring(0, MARK_DIGITS), 16) + NO_MARK + 1;
    }

    int count() {
        return state.count();
    }

    /**
     * Whether every hold is there. After an eviction nobody can tell which are not: so none is trusted to be complete before the last of them
     * would have ended.
     */
    boolean isWhole(Duration longestHold) {
        var now = state;
        return now.awaited() == 0 && (now.evictedAgo() == NEVER || now.evictedAgo() > longestHold.toMillis());
    }

    long evicted() {
        return state.evicted();
    }

    /** A sign of life; and when data was lost, our part put back. Fails as long as either does. */
    Uni<Void> beat() {
        return signOfLife(state.generation()).flatMap(this::follow);
    }

    /** Reports it once when nobody has heard of this part for a while. */
    void look() {
        watch.look(System.nanoTime());
    }

    /** {@link #isWhole} after a {@link #beat}; false where that takes longer than a patient call: tens of thousands of holds may have to be put back. */
    Uni<Boolean> becomesWhole(Duration longestHold) {
        return beat().map(beaten -> isWhole(longestHold))
                .ifNoItem()
                .after(redis.patientTimeout())
                .recoverWithItem(false);
    }

    private Uni<Response> signOfLife(String restoredFor) {
        var args = Stream.of(
                        instance,
                        UUID.randomUUID().toString(),
                        String.valueOf(GONE_AFTER.toMillis()),
                        String.valueOf(LIFETIME.toMillis()),
                        restoredFor,
                        String.valueOf(LIFETIME_OF_GENERATION.toMillis()))
                .map(Buffer::buffer)
                .toList();
        return redis.run(HEARTBEAT, names, args, redis.patientTimeout())
                .invoke(answer -> watch.heard(System.nanoTime()))
                .onFailure()
                .invoke(watch::missed);
    }

    private Uni<Void> follow(Response answer) {
        var generation = answer.get(0).toString();
        if (generation.equals(state.generation())) {
            follow(becomesWhole(answer));
            return Uni.createFrom().voidItem();
        }
        mark = markOf(generation); // at once: no total of before counts while our part is put back
        return restored(generation).chain(() -> signOfLife(generation)).flatMap(again -> adopt(generation, again));
    }

    /** Only what our part was put back for: when data was lost once more in the meantime, it begins again. */
    private Uni<Void> adopt(String restoredFor, Response answer) {
        if (!answer.get(0).toString().equals(restoredFor)) {
            return follow(answer);
        }
        follow(adopt(answer));
        return Uni.createFrom().voidItem();
    }

    private void follow(boolean becomesWhole) {
        if (becomesWhole) {
            whole.run();
        }
    }

    /** Every request that misses a total comes by here after a loss: once is enough for all of them. */
    private synchronized Uni<Void> restored(String generation) {
        if (restoring == null || !restoring.generation().equals(generation)) {
            restoring = new Restoring(
                    generation,
                    Uni.createFrom()
                            .deferred(() -> putBack(generation))
                            .onFailure()
                            .invoke(() -> forget(generation))
                            .memoize()
                            .indefinitely());
        }
        return restoring.done();
    }

    private Uni<Void> putBack(String generation) {
        if (!generation.equals(noticed)) {
            lost.run();
            noticed = generation;
        }
        return restore.get();
    }

    /** It failed: the next sign of life tries again. */
    private synchronized void forget(String generation) {
        if (restoring != null && restoring.generation().equals(generation)) {
            restoring = null;
        }
    }

    /** Nobody is awaited at our very first sign of life: we remember nothing, and the others know of no loss. */
    private synchronized boolean adopt(Response answer) {
        var generation = answer.get(0).toString();
        var before = state;
        if (!generation.equals(before.generation())) {
            int awaited = before.generation().isEmpty() ? 0 : before.count();
            state = new State(
                    generation,
                    before.count(),
                    awaited,
                    System.nanoTime() + GONE_AFTER.toNanos(),
                    before.evicted(),
                    before.evictedAgo());
        }
        return becomesWhole(answer);
    }

    /** For the first time in this generation. */
    private synchronized boolean becomesWhole(Response answer) {
        var now = state;
        int alive = Math.max(1, answer.get(1).toInteger());
        int restored = answer.get(2).toInteger();
        long evicted = answer.get(3).toLong();
        long evictedAgo = answer.get(4).toLong();
        boolean isWhole = restored >= now.awaited() || System.nanoTime() - now.awaitedUntil() > 0;
        boolean becomes = isWhole && !now.generation().equals(wholeFor);
        wholeFor = isWhole ? now.generation() : wholeFor;
        state = isWhole
                ? new State(now.generation(), alive, 0, 0, evicted, evictedAgo)
                : new State(now.generation(), now.count(), now.awaited(), now.awaitedUntil(), evicted, evictedAgo);
        return becomes;
    }
}
