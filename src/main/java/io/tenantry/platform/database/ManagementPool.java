package io.tenantry.platform.database;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Singleton;

/** Makes the pool of everything that is no admission: Hibernate's and the reports'. */
@Singleton
class ManagementPool implements PgPoolCreator {

    private final DatabaseConfig config;

    ManagementPool(DatabaseConfig config) {
        this.config = config;
    }

    @Override
    public Pool create(Input input) {
        return Pools.create(
                input,
                config,
                config.managementConnections(),
                config.managementWaiting(),
                config.managementStatementTimeout());
    }
}
