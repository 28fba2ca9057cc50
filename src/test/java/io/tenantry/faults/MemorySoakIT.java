package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Admissions;
import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisProbe;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import io.tenantry.testing.TcpProxy;
import java.util.List;
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

    /** What a key that has gone quiet may cost in Redis: its version's name and number, and their places in two tables. */
    private static final long VERSION_BYTES = 400;

    @Test
    void distinct_keys_and_end_users_leave_memory_flat_with_redis_and_without() throws Exception {
        try (var redis = TcpProxy.to(SharedStores.addresses().redisPort());
                var service = ServiceProcess.start(
                        SharedStores.withRedis("redis://127.0.0.1:" + redis.port()),
                        "-Xmx128m",
                        "tenantry.limits.timeout=250ms",
                        "tenantry.admission.lease=10s",
                        "tenantry.admission.memory=5s",
                        "tenantry.limits.spend-lifetime=10s",
                        "tenantry.admission.cached-policies=1000",
                        "tenantry.admission.cached-named-scopes=1000",
                        "tenantry.admission.remembered-admissions=1000",
                        "tenantry.admission.observed-outputs=500",
                        "tenantry.limits.local-tenants=500")) {
            makeKeys();
            long namesBefore = namesInRedis();
            long bytesBefore = bytesInRedis();
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

            long late = liveHeap(service);
            long bytesBusy = bytesInRedis();
            RedisServers.await("everything but versions is gone from Redis", 180, () -> namesInRedis() <= namesBefore);
            System.out.printf(
                    "soak: %d keys and end users; live heap %d MB after a quarter, %d MB at the end; Redis %d bytes a key while busy, %d at rest%n",
                    KEYS,
                    early / 1_000_000,
                    late / 1_000_000,
                    (bytesBusy - bytesBefore) / KEYS,
                    (bytesInRedis() - bytesBefore) / KEYS);
            assertThat(late).isLessThan(early + 30_000_000);
            assertThat(bytesInRedis() - bytesBefore).isLessThan(VERSION_BYTES * KEYS);
            assertThat(service.log()).doesNotContain("OutOfMemoryError");
        }
    }

    /** Versions stay for a day. */
    private static long namesInRedis() {
        try (var redis = RedisProbe.on(SharedStores.addresses().redisPort())) {
            return ((List<?>) redis.call("KEYS", "t1:*"))
                    .stream()
                            .filter(name -> !String.valueOf(name).contains(":version:"))
                            .count();
        }
    }

    private static long bytesInRedis() {
        try (var redis = RedisProbe.on(SharedStores.addresses().redisPort())) {
            var info = String.valueOf(redis.call("INFO", "memory"));
            return Long.parseLong(info.replaceAll("(?s).*\\bused_memory:(\\d+).*", "$1"));
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
