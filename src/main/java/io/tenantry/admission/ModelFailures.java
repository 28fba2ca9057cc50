package io.tenantry.admission;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisScript;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Which models fail, told by settlements of the last minute; limits of the type {@code dynamic} are enforced only then. An instance knows its own
 * failures at once and those of the others within a second: what it has seen and what all have seen is exchanged by one call a second, and only
 * while there is something to tell or somebody asks. While Redis is away an instance goes by its own.
 */
@Startup
@ApplicationScoped
public class ModelFailures {

    private static final Logger LOG = Logger.getLogger(ModelFailures.class);
    private static final List<String> KEYS = List.of("t1:{failures}:models");
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final long MEMORY_NANOS = Duration.ofMinutes(1).toNanos();

    /** Models that are remembered as failing between two exchanges. More at once is an outage of everything, or somebody making names up. */
    private static final int MOST_MODELS = 500;

    private final Vertx vertx;
    private final RedisCalls redis;
    private final AdmissionConfig config;
    private final RedisScript script = RedisScript.load("failures.v1");
    private final Map<String, Long> untold = new ConcurrentHashMap<>();
    private final AtomicBoolean exchanging = new AtomicBoolean();
    private volatile Map<String, Long> told = Map.of();
    private volatile long toldAtNanos = System.nanoTime();
    private volatile long askedAtNanos = System.nanoTime() - MEMORY_NANOS;
    private long timer = -1;

    ModelFailures(Vertx vertx, RedisCalls redis, AdmissionConfig config) {
        this.vertx = vertx;
        this.redis = redis;
        this.config = config;
    }

    void start(@Observes StartupEvent event) {
        timer = vertx.setPeriodic(EVERY.toMillis(), tick -> exchangeIfWorthIt());
    }

    void stop(@Observes ShutdownEvent event) {
        vertx.cancelTimer(timer);
    }

    /** A call of the model came to nothing. */
    public void observe(String model) {
        if (untold.size() < MOST_MODELS || untold.containsKey(model)) {
            untold.merge(model, 1L, Long::sum);
        }
    }

    /** Whether limits that are enforced only while the model fails are enforced now. */
    boolean isFailing(String model) {
        return count(model) >= config.dynamicLimitFailures();
    }

    /** Failures of the model within the last minute, as far as this instance knows. */
    long count(String model) {
        askedAtNanos = System.nanoTime();
        return untold.getOrDefault(model, 0L) + told.getOrDefault(model, 0L);
    }

    private void exchangeIfWorthIt() {
        long now = System.nanoTime();
        if (now - toldAtNanos > MEMORY_NANOS) {
            forget(now);
        }
        boolean worthIt = !untold.isEmpty() || now - askedAtNanos < MEMORY_NANOS;
        if (worthIt && exchanging.compareAndSet(false, true)) {
            exchange()
                    .onTermination()
                    .invoke(() -> exchanging.set(false))
                    .subscribe()
                    .with(
                            done -> {},
                            away -> LOG.debugf("Failures of models could not be exchanged: %s", away.getMessage()));
        }
    }

    /** Nobody could be told for a minute: all that is known is older than what counts. */
    private void forget(long now) {
        untold.clear();
        told = Map.of();
        toldAtNanos = now;
    }

    /** Tells what is untold and learns what all have seen. */
    Uni<Response> exchange() {
        var telling = Map.copyOf(untold);
        var args = new ArrayList<Buffer>(2 * telling.size());
        telling.forEach((model, count) -> {
            args.add(Buffer.buffer(model));
            args.add(Buffer.buffer(Long.toString(count)));
        });
        return redis.run(script, KEYS, args, redis.patientTimeout()).invoke(answer -> take(telling, answer));
    }

    private void take(Map<String, Long> telling, Response answer) {
        var counts = new HashMap<String, Long>();
        for (int i = 0; i + 1 < answer.size(); i += 2) {
            counts.put(answer.get(i).toString(), answer.get(i + 1).toLong());
        }
        told = Map.copyOf(counts);
        toldAtNanos = System.nanoTime();
        telling.forEach((model, count) ->
                untold.compute(model, (name, now) -> now == null || now <= count ? null : now - count));
    }
}
