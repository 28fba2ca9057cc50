package io.tenantry.platform.redis;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The instances that share this Redis. Each leaves a sign of life twice a second, and learns by it when Redis has lost its data (a flush, a
 * restart without its file, a failover to an empty replica). Then each puts back what only it remembers, and nothing that depends on it is
 * decided before all instances that were alive have done so, or are gone.
 */
@ApplicationScoped
public class LiveInstances {

    private static final RedisScript HEARTBEAT = RedisScript.load("heartbeat.v1");
    private static final List<String> NAMES =
            List.of("t1:{instances}:alive", "t1:{instances}:generation", "t1:{instances}:restored");
    private static final Duration EVERY = Duration.ofMillis(500);
    private static final Duration GONE_AFTER = Duration.ofSeconds(6);
    private static final Duration LIFETIME = Duration.ofMinutes(1);

    private final Vertx vertx;
    private final RedisCalls redis;
    private final String id = UUID.randomUUID().toString();
    private volatile Supplier<Uni<Void>> restore = () -> Uni.createFrom().voidItem();
    private volatile State state = new State("", 1, 0, 0);
    private long timer = -1;

    /**
     * @param generation    for which we have put our part back; empty before the first sign of life
     * @param count         living instances, as far as we know
     * @param awaited       instances that have to put their part back; zero when nothing is awaited
     * @param awaitedUntil  {@link System#nanoTime()} after which the missing ones are gone
     */
    private record State(String generation, int count, int awaited, long awaitedUntil) {}

    LiveInstances(Vertx vertx, RedisCalls redis) {
        this.vertx = vertx;
        this.redis = redis;
    }

    /** What to do when Redis has lost its data: puts back what only this instance remembers. Repeated until it succeeds. */
    public void onLoss(Supplier<Uni<Void>> action) {
        this.restore = action;
    }

    /** At least one: this one. While Redis is away the last known number stands. */
    public int count() {
        return state.count();
    }

    /** Whether everything that the instances remember is in Redis. Costs a round trip, two after a loss. */
    public Uni<Boolean> isWhole() {
        return beat().map(whole -> state.awaited() == 0);
    }

    void start(@Observes StartupEvent event) {
        beatUnasked();
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> beatUnasked());
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
        redis.call(Request.cmd(Command.ZREM).arg(NAMES.get(0)).arg(id), redis.patientTimeout())
                .subscribe()
                .with(gone -> {}, away -> {});
    }

    private void beatUnasked() {
        beat().subscribe().with(done -> {}, away -> {
            // the last known state stands; whoever needs Redis finds out by its own call
        });
    }

    private Uni<Void> beat() {
        return signOfLife(state.generation()).flatMap(this::follow);
    }

    private Uni<Response> signOfLife(String restoredFor) {
        var args = Stream.of(
                        id,
                        UUID.randomUUID().toString(),
                        String.valueOf(GONE_AFTER.toMillis()),
                        String.valueOf(LIFETIME.toMillis()),
                        restoredFor)
                .map(Buffer::buffer)
                .toList();
        return redis.run(HEARTBEAT, NAMES, args, redis.patientTimeout());
    }

    private Uni<Void> follow(Response answer) {
        var generation = answer.get(0).toString();
        if (generation.equals(state.generation())) {
            settle(answer);
            return Uni.createFrom().voidItem();
        }
        return restore.get()
                .chain(() -> signOfLife(generation))
                .invoke(this::adopt)
                .replaceWithVoid();
    }

    /** Nobody is awaited at our very first sign of life: we remember nothing, and the others know of no loss. */
    private synchronized void adopt(Response answer) {
        var generation = answer.get(0).toString();
        var before = state;
        if (!generation.equals(before.generation())) {
            int awaited = before.generation().isEmpty() ? 0 : before.count();
            state = new State(generation, before.count(), awaited, System.nanoTime() + GONE_AFTER.toNanos());
        }
        settle(answer);
    }

    private synchronized void settle(Response answer) {
        var now = state;
        int alive = Math.max(1, answer.get(1).toInteger());
        int restored = answer.get(2).toInteger();
        boolean whole = restored >= now.awaited() || System.nanoTime() - now.awaitedUntil() > 0;
        state = whole
                ? new State(now.generation(), alive, 0, 0)
                : new State(now.generation(), now.count(), now.awaited(), now.awaitedUntil());
    }
}
