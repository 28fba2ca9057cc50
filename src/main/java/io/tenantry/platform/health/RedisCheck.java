package io.tenantry.platform.health;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.RedisCalls;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether Redis answers, over the same connections and with the same deadline as everything else that we ask it. */
@Readiness
@ApplicationScoped
public class RedisCheck implements AsyncHealthCheck {

    static final String NAME = "Redis";

    private final RedisCalls redis;
    private final StoreStates states;

    RedisCheck(RedisCalls redis, StoreStates states) {
        this.redis = redis;
        this.states = states;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return redis.call(Request.cmd(Command.PING), redis.patientTimeout())
                .map(pong -> states.up(NAME))
                .onFailure()
                .recoverWithItem(failure -> states.away(NAME, failure));
    }
}
