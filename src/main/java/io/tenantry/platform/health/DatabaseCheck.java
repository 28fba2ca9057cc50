package io.tenantry.platform.health;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.database.AdmissionPool;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Whether PostgreSQL answers. Says so within {@link StoreStates#PATIENCE}, also when the server is frozen. */
@Readiness
@ApplicationScoped
public class DatabaseCheck implements AsyncHealthCheck {

    static final String NAME = "PostgreSQL";

    /** A question to a frozen server keeps its connection. So there is one at a time, and a new one only this much later. */
    private static final Duration BETWEEN_UNANSWERED = Duration.ofSeconds(30);

    private static final long NOTHING_OPEN = 0;

    private final Pool pool;
    private final StoreStates states;
    private final AtomicLong askedAtNanos = new AtomicLong(NOTHING_OPEN);

    DatabaseCheck(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, StoreStates states) {
        this.pool = pool;
        this.states = states;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        if (!mayAsk(System.nanoTime())) {
            return Uni.createFrom().item(missed("an earlier check is still without an answer"));
        }
        return ask().map(answered -> states.up(NAME))
                .ifNoItem()
                .after(StoreStates.PATIENCE)
                .recoverWithItem(() -> missed("no answer within " + StoreStates.PATIENCE.toMillis() + " ms"))
                .onFailure()
                .recoverWithItem(failure -> missed(StoreReason.reason(failure)));
    }

    private HealthCheckResponse missed(String reason) {
        return states.missed(NAME, reason, System.nanoTime());
    }

    private boolean mayAsk(long now) {
        long asked = askedAtNanos.get();
        boolean due = asked == NOTHING_OPEN || now - asked > BETWEEN_UNANSWERED.toNanos();
        return due && askedAtNanos.compareAndSet(asked, now);
    }

    /** Goes on after the caller has lost patience: only its end makes room for the next question. */
    private Uni<Void> ask() {
        return pool.query("select 1")
                .execute()
                .onTermination()
                .invoke(() -> askedAtNanos.set(NOTHING_OPEN))
                .replaceWithVoid()
                .memoize()
                .indefinitely();
    }
}
