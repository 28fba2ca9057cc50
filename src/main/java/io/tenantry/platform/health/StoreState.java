package io.tenantry.platform.health;

import io.tenantry.platform.http.StoreFailures;
import io.tenantry.platform.redis.RedisUnavailable;
import io.vertx.pgclient.PgException;
import io.vertx.redis.client.impl.types.ErrorType;
import java.net.ConnectException;
import java.net.UnknownHostException;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** What a readiness check answers. Health is public: the reason names neither hosts nor users. */
final class StoreState {

    private StoreState() {}

    static HealthCheckResponse up(String store) {
        return HealthCheckResponse.up(store);
    }

    static HealthCheckResponse down(String store, String reason) {
        return HealthCheckResponse.named(store)
                .down()
                .withData("reason", reason)
                .build();
    }

    static HealthCheckResponse down(String store, Throwable failure) {
        return down(store, reason(failure));
    }

    private static String reason(Throwable failure) {
        if (failure instanceof ConnectException) {
            return "it refuses connections";
        }
        if (failure instanceof UnknownHostException) {
            return "its host name is unknown";
        }
        if (failure instanceof PgException sql) {
            return "it answered SQL state " + sql.getSqlState();
        }
        if (failure instanceof ErrorType error) {
            return "it answered " + error.getMessage().split(" ", 2)[0];
        }
        if (failure instanceof RedisUnavailable || StoreFailures.isConnectionLoss(failure)) {
            return "no connection, or no answer in time";
        }
        return failure.getClass().getSimpleName();
    }
}
