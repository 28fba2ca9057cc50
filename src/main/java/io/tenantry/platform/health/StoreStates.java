package io.tenantry.platform.health;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Which stores are away, and what that means for being ready. */
@ApplicationScoped
class StoreStates {

    private static final int STORES = 2;

    private final HealthConfig config;
    private final Set<String> away = ConcurrentHashMap.newKeySet();

    StoreStates(HealthConfig config) {
        this.config = config;
    }

    HealthCheckResponse up(String store) {
        away.remove(store);
        return HealthCheckResponse.up(store);
    }

    /** Health is public: the reason names neither hosts nor users. */
    HealthCheckResponse away(String store, String reason) {
        away.add(store);
        boolean ready = config.readyWithOneStore() && away.size() < STORES;
        return HealthCheckResponse.named(store)
                .status(ready)
                .withData("degraded", true)
                .withData("reason", reason)
                .build();
    }

    HealthCheckResponse away(String store, Throwable failure) {
        return away(store, StoreReason.reason(failure));
    }
}
