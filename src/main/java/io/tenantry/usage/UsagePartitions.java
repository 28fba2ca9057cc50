package io.tenantry.usage;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tenantry.platform.database.AdmissionPool;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jboss.logging.Logger;

/** Makes the ledger's partitions ahead of the days. Were it to fail for a week, bookings would go to the default partition and not be lost. */
@ApplicationScoped
public class UsagePartitions {

    private static final Logger LOG = Logger.getLogger(UsagePartitions.class);
    private static final Duration EVERY = Duration.ofHours(6);

    private final Pool pool;
    private final Vertx vertx;
    private final UsageConfig config;
    private long timer = -1;

    UsagePartitions(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, Vertx vertx, UsageConfig config) {
        this.pool = pool;
        this.vertx = vertx;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        ensure();
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> ensure());
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
    }

    private void ensure() {
        var today = LocalDate.now(ZoneOffset.UTC);
        pool.preparedQuery("select ensure_usage_partitions($1, $2)")
                .execute(Tuple.of(today, today.plusDays(config.partitionDaysAhead())))
                .subscribe()
                .with(
                        done -> {},
                        failure ->
                                LOG.warnf("The ledger's next partitions could not be made: %s", failure.getMessage()));
    }
}
