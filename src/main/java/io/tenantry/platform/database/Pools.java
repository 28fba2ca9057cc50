package io.tenantry.platform.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How both pools are made: bounded in connections, in who waits for one, and in how long. Their statements take milliseconds. */
final class Pools {

    private Pools() {}

    static Pool create(
            PgPoolCreator.Input input, DatabaseConfig config, int connections, int waiting, Duration statementTimeout) {
        var pool = input.poolOptions()
                .setMaxSize(connections)
                .setMaxWaitQueueSize(waiting)
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
                .setConnectionTimeout((int) config.acquisitionTimeout().toMillis());
        for (var server : input.pgConnectOptionsList()) {
            // a plan over a ledger of many days looks expensive: compiling it would take longer than it runs
            server.addProperty("jit", "off");
            if (!statementTimeout.isZero()) {
                server.addProperty("statement_timeout", String.valueOf(statementTimeout.toMillis()));
            }
            server.setConnectTimeout((int) config.acquisitionTimeout().toMillis());
        }
        return PgBuilder.pool()
                .with(pool)
                .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
                .using(input.vertx())
                .build();
    }
}
