package io.tenantry.platform.health;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Which stores are away, and what that means for being ready. One question without an answer is reported at once and changes nothing: on a
 * busy machine a healthy store misses one now and then. Readiness follows a store that has been silent for {@link #SILENCE}.
 */
@ApplicationScoped
class StoreStates {

    /** How long one question may take: less than the second after which Kubernetes gives a probe up by default, so that the reason still arrives. */
    static final Duration PATIENCE = Duration.ofMillis(900);

    /** Two questions in a row that were given all the time they may take, and a little more. */
    static final Duration SILENCE = Duration.ofSeconds(2);

    private static final int STORES = 2;

    private final HealthConfig config;

    /** By store that missed its last question: since when it has been silent, as {@link System#nanoTime()}. */
    private final ConcurrentHashMap<String, Long> silentSince = new ConcurrentHashMap<>();

    StoreStates(HealthConfig config) {
        this.config = config;
    }

    HealthCheckResponse up(String store) {
        silentSince.remove(store);
        return HealthCheckResponse.up(store);
    }

    /** Nobody but probes asks this store at regular times: its silence begins with the first question that it misses. */
    HealthCheckResponse missed(String store, String reason, long nowNanos) {
        silentSince.putIfAbsent(store, nowNanos);
        return degraded(store, reason, nowNanos);
    }

    /** Others ask this store all the time, and it was last heard at {@code heardAtNanos}. */
    HealthCheckResponse missed(String store, String reason, long nowNanos, long heardAtNanos) {
        silentSince.put(store, heardAtNanos);
        return degraded(store, reason, nowNanos);
    }

    private HealthCheckResponse degraded(String store, String reason, long nowNanos) {
        return HealthCheckResponse.named(store)
                .status(!isAway(store, nowNanos) || othersSuffice(nowNanos))
                .withData("degraded", true)
                .withData("reason", reason)
                .build();
    }

    private boolean othersSuffice(long nowNanos) {
        long away = silentSince.keySet().stream()
                .filter(store -> isAway(store, nowNanos))
                .count();
        return config.readyWithOneStore() && away < STORES;
    }

    private boolean isAway(String store, long nowNanos) {
        var since = silentSince.get(store);
        return since != null && nowNanos - since >= SILENCE.toNanos();
    }
}
