package io.tenantry.admission;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.SecretHash;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A replica is promoted that has missed the last writes, or a server comes back without them. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LostWritesTest {

    @Inject
    @ReactiveDataSource(AdmissionPool.NAME)
    Pool pool;

    @Inject
    LimitStore store;

    @Inject
    LiveInstances instances;

    @Inject
    AdmissionConfig config;

    @Inject
    EngineConfig engine;

    private static Object redis(String... words) {
        try (var redis = StoreAccess.redis()) {
            return redis.call(words);
        }
    }

    private static List<?> names(String pattern) {
        return (List<?>) redis("KEYS", pattern);
    }

    /** Redis does not know what was written to these names meanwhile, and is another process. */
    private static void losing(String pattern, Runnable writes) {
        var names = names(pattern);
        assertThat(names).isNotEmpty();
        var before = names.stream().map(name -> copy((String) name)).toList();
        writes.run();
        for (int i = 0; i < names.size(); i++) {
            redis("RENAME", before.get(i), (String) names.get(i));
        }
        lose();
    }

    private static void lose() {
        for (var name : names("t1:*:generation")) {
            var generation = (String) redis("GET", (String) name);
            redis("SET", (String) name, generation.replaceAll("@.*", "@before"), "PX", "60000");
        }
    }

    private static String copy(String name) {
        var copy = name + ":before";
        redis("COPY", name, copy);
        return copy;
    }

    private static String idOf(String key) {
        return Api.asMaster().get("/key/info", Map.of("key", key)).jsonPath().getString("info.key_id");
    }

    /** Of what is asked again and again nothing is left open. */
    private static boolean isAdmitted(Map<String, Object> request) {
        var decision = Api.asMaster().create("/v1/admissions", request);
        boolean admitted = decision.getBoolean("admitted");
        if (admitted) {
            Api.asMaster().delete("/v1/admissions/" + decision.getString("admission_id"));
        }
        return admitted;
    }

    private static void use(String key, double usd) {
        var admission = Api.asMaster()
                .create("/v1/admissions", request(key, "estimated_cost_usd", usd))
                .getString("admission_id");
        Api.asMaster()
                .create(
                        "/v1/admissions/" + admission + "/settlement",
                        Map.of("input_tokens", 1, "output_tokens", 1, "cost_usd", usd));
    }

    @Test
    void what_was_settled_counts_also_where_redis_has_lost_that_it_was() {
        var key = Given.key("max_budget", 1.0);
        use(key, 0.1);

        losing("t1:{key:" + idOf(key) + "}:*", () -> use(key, 0.8));

        RedisServers.await("the budget is spent", 10, () -> !isAdmitted(request(key, "estimated_cost_usd", 0.5)));
        assertThat(isAdmitted(request(key, "estimated_cost_usd", 0.1))).isTrue();
    }

    @Test
    void a_key_is_blocked_also_where_redis_has_lost_that_it_was() {
        var key = Given.key();
        assertThat(isAdmitted(request(key))).isTrue();

        losing("t1:*:version:key:" + idOf(key), () -> Api.asMaster().create("/key/block", Map.of("key", key)));

        RedisServers.await("the key is refused", 10, () -> !isAdmitted(request(key)));
    }

    @Test
    void a_customer_is_blocked_also_where_redis_has_lost_that_it_was() {
        var key = Given.key();
        var customer = "lost-" + System.nanoTime();
        Api.asMaster().create("/customer/new", Map.of("user_id", customer));
        assertThat(isAdmitted(request(key, "end_user", customer))).isTrue();

        losing("t1:*:version:end_user:" + customer, () -> Api.asMaster()
                .create("/customer/block", Map.of("user_ids", List.of(customer))));

        RedisServers.await("the customer is refused", 10, () -> !isAdmitted(request(key, "end_user", customer)));
    }

    @Test
    void a_gateway_key_is_blocked_also_where_redis_has_lost_that_it_was() {
        var gateway = Given.key("key_type", "gateway");
        var id = idOf(gateway);
        var request = request(Given.key());
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);
        redis("SET", "t1:{key:" + id + "}:version:key:" + id, version(id), "EX", "86400");
        Api.as(gateway).post("/v1/admissions", request).then().statusCode(200);

        losing("t1:*:version:key:" + id, () -> Api.asMaster().create("/key/block", Map.of("key", gateway)));

        RedisServers.await(
                "it is refused",
                10,
                () -> Api.as(gateway).post("/v1/admissions", request).statusCode() == 401);
    }

    /** Both who began it and who joined it: it may be older than what was lost, and say so to a Redis that knows no better. */
    @Test
    void a_policy_that_was_being_read_when_redis_lost_data_is_read_again() {
        var key = Given.key();
        var hash = SecretHash.of(key);
        var begun = new CompletableFuture<Void>();
        var lost = new CompletableFuture<Void>();
        var policies = new PolicySnapshots(
                pool, publishing(begun, lost), instances, config, engine, new SimpleMeterRegistry());
        var first = policies.of(hash).subscribeAsCompletionStage();
        begun.join();
        Api.asMaster().create("/key/block", Map.of("key", key));
        long before = System.nanoTime();
        lose();
        RedisServers.await("the loss is noticed", 10, () -> instances.hasLostSince(before));
        var joined = policies.of(hash).subscribeAsCompletionStage();
        lost.complete(null);

        for (var reading : List.of(first, joined)) {
            assertThat(reading.join().orElseThrow().versions())
                    .extracting(version -> String.valueOf(version.version()))
                    .contains(version(idOf(key)));
        }
    }

    /** The first time it waits. */
    private LimitStore publishing(CompletableFuture<Void> begun, CompletableFuture<Void> goesOn) {
        return (LimitStore) Proxy.newProxyInstance(
                LimitStore.class.getClassLoader(),
                new Class<?>[] {LimitStore.class},
                (proxy, method, args) -> method.getName().equals("publish") && begun.complete(null)
                        ? Uni.createFrom().completionStage(goesOn)
                        : method.invoke(store, args));
    }

    private static String version(String keyId) {
        return StoreAccess.queryOne("select version from api_key where key_id::text = ?", keyId);
    }
}
