package io.tenantry.platform.redis;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.UUID;

/**
 * How many instances share the limits: each leaves a sign of life in Redis every other second. While Redis is away the last known number
 * stands, and each instance admits its share of a limit.
 */
@ApplicationScoped
public class LiveInstances {

    private static final String NAME = "t1:instances";
    private static final Duration EVERY = Duration.ofSeconds(2);
    private static final Duration GONE_AFTER = Duration.ofSeconds(10);
    private static final Duration LIFETIME = Duration.ofMinutes(1);

    private final Vertx vertx;
    private final RedisCalls redis;
    private final String id = UUID.randomUUID().toString();
    private volatile int count = 1;
    private long timer = -1;

    LiveInstances(Vertx vertx, RedisCalls redis) {
        this.vertx = vertx;
        this.redis = redis;
    }

    /** At least one: this one. */
    public int count() {
        return count;
    }

    void start(@Observes StartupEvent event) {
        beat();
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> beat());
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
        call(Request.cmd(Command.ZREM).arg(NAME).arg(id)).subscribe().with(gone -> {}, ignored -> {});
    }

    private void beat() {
        long now = System.currentTimeMillis();
        call(Request.cmd(Command.ZADD).arg(NAME).arg(now).arg(id))
                .chain(() -> call(Request.cmd(Command.ZREMRANGEBYSCORE)
                        .arg(NAME)
                        .arg("-inf")
                        .arg(now - GONE_AFTER.toMillis())))
                .chain(() -> call(Request.cmd(Command.PEXPIRE).arg(NAME).arg(LIFETIME.toMillis())))
                .chain(() -> call(Request.cmd(Command.ZCARD).arg(NAME)))
                .subscribe()
                .with(answer -> count = Math.max(1, answer.toInteger()), away -> {
                    // the last known number stands
                });
    }

    private Uni<Response> call(Request request) {
        return redis.call(request, redis.patientTimeout());
    }
}
