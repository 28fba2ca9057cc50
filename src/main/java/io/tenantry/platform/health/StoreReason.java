package io.tenantry.platform.health;

import io.tenantry.platform.http.StoreFailures;
import io.tenantry.platform.redis.RedisUnavailable;
import io.vertx.pgclient.PgException;
import io.vertx.redis.client.impl.types.ErrorType;
import java.net.ConnectException;
import java.net.UnknownHostException;

/** Why a store counts as away, in words. */
final class StoreReason {

    private StoreReason() {}

    /** Health is public: it names neither hosts nor users. */
    static String reason(Throwable failure) {
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
