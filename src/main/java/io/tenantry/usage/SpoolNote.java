package io.tenantry.usage;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** A note beside the stores' health: how much waits for the database. Never a reason to send requests elsewhere. */
@Readiness
@ApplicationScoped
public class SpoolNote implements HealthCheck {

    private final Spool spool;

    SpoolNote(Spool spool) {
        this.spool = spool;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("Spool")
                .up()
                .withData("waiting", spool.length())
                .withData("oldest_seconds", spool.oldestMillis() / 1_000)
                .build();
    }
}
