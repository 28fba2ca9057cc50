package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.redis.LiveInstances;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Policies by the hash of the key's secret. A cached one is never trusted for its age: each decision compares its versions with those in
 * Redis, and asks for a {@link #refresh} when they differ. One that was read before Redis has lost data, or while it did, counts no more. However many requests wait for one key, it is read once; keys that
 * are waited for at the same time are read together.
 *
 * <p>When the database is away, a cached policy goes on serving and an unknown key fails with DATABASE_UNAVAILABLE: never with "unknown key".
 */
@Startup // its meters are there from the first scrape on
@ApplicationScoped
public class PolicySnapshots {

    private static final int AT_ONCE = 100;

    private final Pool pool;
    private final GroupedReads<String, Row> rows;
    private final LimitStore store;
    private final LiveInstances instances;
    private final AdmissionConfig config;
    private final LimitSettings settings;
    private final Cache<String, Policy> cached;
    private final ConcurrentMap<String, Uni<Optional<Policy>>> loading = new ConcurrentHashMap<>();
    private final Counter hits;
    private final Counter loads;
    private final Counter statements;

    PolicySnapshots(
            @ReactiveDataSource(AdmissionPool.NAME) Pool pool,
            LimitStore store,
            LiveInstances instances,
            AdmissionConfig config,
            EngineConfig engine,
            MeterRegistry metrics) {
        this.pool = pool;
        this.rows = new GroupedReads<>(this::rows, AT_ONCE, config.loadTimeout());
        this.store = store;
        this.instances = instances;
        this.config = config;
        this.settings = LimitSettings.of(config, engine);
        this.cached = Caffeine.newBuilder().maximumSize(config.cachedPolicies()).build();
        this.hits = Counter.builder("tenantry.policy.cache.hits")
                .description("Decisions that began with a policy from memory")
                .register(metrics);
        this.loads = Counter.builder("tenantry.policy.loads")
                .description("Policies read from the database")
                .register(metrics);
        this.statements = Counter.builder("tenantry.policy.statements")
                .description("Statements that read them: those that are asked for at the same time share one")
                .register(metrics);
        Gauge.builder("tenantry.policy.cache.size", cached, Cache::estimatedSize)
                .description("Policies in memory")
                .register(metrics);
    }

    /** The key's policy, from memory or the database; empty when there is no such key. */
    Uni<Optional<Policy>> of(String secretHash) {
        var known = cached.getIfPresent(secretHash);
        if (known != null && !instances.hasLostSince(known.loadedAtNanos())) {
            hits.increment();
            return Uni.createFrom().item(Optional.of(known));
        }
        return load(secretHash);
    }

    /** The policy as it is now, after this one turned out to be outdated; empty when the key is gone. */
    Uni<Optional<Policy>> refresh(Policy outdated) {
        var hash = outdated.owner().secretHash();
        cached.asMap().remove(hash, outdated);
        return of(hash);
    }

    /**
     * The policy to decide by while Redis cannot confirm it: not older than {@link AdmissionConfig#unconfirmedPolicyAge()}, unless the database is
     * away as well.
     */
    Uni<Optional<Policy>> unconfirmed(Policy policy) {
        var age = Duration.ofNanos(System.nanoTime() - policy.loadedAtNanos());
        if (age.compareTo(config.unconfirmedPolicyAge()) < 0) {
            return Uni.createFrom().item(Optional.of(policy));
        }
        return refresh(policy).onFailure().recoverWithItem(() -> {
            cached.put(policy.owner().secretHash(), policy);
            return Optional.of(policy);
        });
    }

    private Uni<Optional<Policy>> load(String secretHash) {
        var running = loading.get(secretHash);
        if (running != null) {
            return running.flatMap(found -> found.isPresent() ? Uni.createFrom().item(found) : start(secretHash));
        }
        return start(secretHash);
    }

    /** A joined look-up that found nothing may have begun before the key was made; so absence is only believed of an own one. */
    private Uni<Optional<Policy>> start(String secretHash) {
        if (loading.size() >= config.concurrentLoads()) {
            return Uni.createFrom()
                    .failure(Problem.of(ProblemCode.OVERLOADED).internally("too many policies are being read"));
        }
        var load = Uni.createFrom()
                .deferred(() -> read(secretHash))
                .onTermination()
                .invoke(() -> loading.remove(secretHash))
                .memoize()
                .indefinitely();
        var begunMeanwhile = loading.putIfAbsent(secretHash, load);
        return begunMeanwhile == null ? load : begunMeanwhile;
    }

    private Uni<Optional<Policy>> read(String secretHash) {
        loads.increment();
        long began = System.nanoTime();
        return rows.read(secretHash)
                .map(row -> row.map(found -> new PolicyReader(found, settings).policy(began)))
                .call(this::publish)
                .invoke(found -> found.ifPresent(policy -> cached.put(secretHash, policy)))
                .flatMap(found -> instances.hasLostSince(began)
                        ? read(secretHash)
                        : Uni.createFrom().item(found));
    }

    private Uni<Map<String, Row>> rows(List<String> hashes) {
        statements.increment();
        var answer = hashes.size() == 1
                ? pool.preparedQuery(PolicySql.BY_HASH).execute(Tuple.of(hashes.get(0)))
                : pool.preparedQuery(PolicySql.BY_HASHES).execute(Tuple.of(hashes.toArray(String[]::new)));
        return answer.map(PolicySnapshots::byHash);
    }

    private static Map<String, Row> byHash(RowSet<Row> rows) {
        var byHash = new HashMap<String, Row>();
        rows.forEach(row -> byHash.put(row.getString("secret_hash"), row));
        return byHash;
    }

    /** Versions are unknown to Redis after a flush or a long pause. Without Redis the policy is used all the same, by the rules for that case. */
    private Uni<Void> publish(Optional<Policy> found) {
        return found.map(policy -> store.publish(policy.root(), policy.versions()))
                .orElseGet(() -> Uni.createFrom().voidItem())
                .onFailure()
                .recoverWithNull();
    }
}
