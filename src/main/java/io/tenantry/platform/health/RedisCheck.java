package io.tenantry.platform.health;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.RedisCalls;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether Redis answers, over the same connections as everything else that we ask it. */
@Readiness
@ApplicationScoped
public class RedisCheck implements AsyncHealthCheck {

    static final String NAME = "Redis";

    private final RedisCalls redis;
    private final LiveInstances instances;
    private final StoreStates states;
    private volatile long heardAtNanos = System.nanoTime();

    RedisCheck(RedisCalls redis, LiveInstances instances, StoreStates states) {
        this.redis = redis;
        this.instances = instances;
        this.states = states;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return redis.call(Request.cmd(Command.PING), StoreStates.PATIENCE)
                .map(pong -> heard())
                .onFailure()
                .recoverWithItem(this::missed);
    }

    private HealthCheckResponse heard() {
        heardAtNanos = System.nanoTime();
        return states.up(NAME);
    }

    private HealthCheckResponse missed(Throwable failure) {
        long now = System.nanoTime();
        long silence = Math.min(now - heardAtNanos, now - instances.heardAtNanos());
        return states.missed(NAME, StoreReason.reason(failure), now, now - silence);
    }
}
