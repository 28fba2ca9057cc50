package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Admissions;
import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import io.tenantry.testing.TcpProxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** More keys and end users than fit, in a small heap: {@code ./mvnw verify -Psoak -Dit.test=MemorySoakIT}. */
@EnabledIfSystemProperty(named = "tenantry.soak", matches = "true")
class MemorySoakIT {

    private static final int KEYS = Integer.getInteger("tenantry.soak.keys", 200_000);
    private static final int CALLERS = 16;

    @Test
    void distinct_keys_and_end_users_leave_memory_flat_with_redis_and_without() throws Exception {
        try (var redis = TcpProxy.to(SharedStores.addresses().redisPort());
                var service = ServiceProcess.start(
                        SharedStores.withRedis("redis://127.0.0.1:" + redis.port()),
                        "-Xmx128m",
                        "tenantry.limits.timeout=250ms",
                        "tenantry.admission.cached-policies=1000",
                        "tenantry.admission.remembered-admissions=1000",
                        "tenantry.admission.observed-outputs=500",
                        "tenantry.limits.local-tenants=500")) {
            makeKeys();
            admitAll(service, 0, KEYS / 4);
            long early = liveHeap(service);

            admitAll(service, KEYS / 4, 3 * KEYS / 4);
            redis.cut();
            admitAll(service, 3 * KEYS / 4, KEYS);
            redis.restore();
            RedisServers.await("recovery", () -> {
                var answer = admit(service, 0).join();
                return answer.admitted() && !answer.text().contains("\"degraded\":true");
            });

            assertThat(liveHeap(service)).isLessThan(early + 30_000_000);
            assertThat(service.log()).doesNotContain("OutOfMemoryError");
        }
    }

    /** Straight into the table: what is tested is not how fast keys are made. Each has a limit, or there was nothing to remember. */
    private static void makeKeys() throws Exception {
        try (var connection = SharedStores.connection();
                var statement = connection.prepareStatement("""
                        insert into api_key (key_id, secret_hash, key_name, rpm_limit, created_by, updated_by)
                        select gen_random_uuid(), encode(sha256(('sk-soak-' || n)::bytea), 'hex'), 'sk-...soak', 1000, 'soak', 'soak'
                        from generate_series(0, ?) n""")) {
            statement.setInt(1, KEYS);
            statement.executeUpdate();
            connection.createStatement().execute("truncate change_outbox");
        }
    }

    private static void admitAll(ServiceProcess service, int from, int to) {
        var next = new AtomicLong(from);
        var callers = IntStream.range(0, CALLERS)
                .mapToObj(n -> CompletableFuture.runAsync(() -> {
                    for (long key = next.getAndIncrement(); key < to; key = next.getAndIncrement()) {
                        var answer = admit(service, key).join();
                        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
                        if (key % 10 == 0 && answer.admitted()) {
                            Tenant.settle(service, answer, "0.001");
                        }
                    }
                }))
                .toList();
        callers.forEach(CompletableFuture::join);
    }

    private static CompletableFuture<Calls.Answer> admit(ServiceProcess service, long key) {
        return service.calls()
                .postAsync("/v1/admissions", Admissions.requestJson("sk-soak-" + key, "end_user", "end-user-" + key));
    }

    /** What is left after a full collection: the JVM is asked for one by its diagnostic command. */
    private static long liveHeap(ServiceProcess service) throws Exception {
        var histogram = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/jcmd",
                        String.valueOf(service.pid()),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        var total = new String(histogram.getInputStream().readAllBytes())
                .lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(total.trim().split("\\s+")[2]);
    }
}
