package io.tenantry.platform.database;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.sqlclient.Pool;
import jakarta.inject.Singleton;

/** Makes the pool of what a proxy waits for: inject it with {@code @ReactiveDataSource(AdmissionPool.NAME)}. */
@Singleton
@ReactiveDataSource(AdmissionPool.NAME)
public class AdmissionPool implements PgPoolCreator {

    public static final String NAME = "admission";

    private final DatabaseConfig config;

    AdmissionPool(DatabaseConfig config) {
        this.config = config;
    }

    @Override
    public Pool create(Input input) {
        return Pools.create(
                input,
                config,
                config.admissionConnections(),
                config.admissionWaiting(),
                config.admissionStatementTimeout());
    }
}
