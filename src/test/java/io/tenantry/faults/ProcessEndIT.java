package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Packaged instances that end under load: asked to, or without a word. */
class ProcessEndIT {

    private static final int CALLERS = 6;
    private static final String[] SETTINGS = {
        "tenantry.limits.timeout=500ms", "tenantry.admission.lease=6s", "quarkus.shutdown.delay=2s"
    };

    /** How often an instance is killed; {@code -Psoak} has more. */
    private static final int KILLS = Integer.getInteger("tenantry.kills", 3);

    private static ServiceProcess steady;
    private static volatile ServiceProcess mortal;

    @BeforeAll
    static void start() {
        steady = ServiceProcess.start(SharedStores.addresses(), SETTINGS);
        mortal = ServiceProcess.start(SharedStores.addresses(), SETTINGS);
    }

    @AfterAll
    static void stop() {
        steady.close();
        mortal.close();
    }

    @BeforeEach
    void thereIsOneToEnd() {
        if (!mortal.isReady()) {
            restart();
        }
    }

    private static void restart() {
        mortal.close();
        mortal = ServiceProcess.start(SharedStores.addresses(), SETTINGS);
    }

    @Test
    void asked_to_end_it_is_not_ready_first_and_answers_and_commits_what_has_arrived() throws Exception {
        var tenant = Tenant.on(steady, "");
        var ending = mortal;
        var asks = new AtomicBoolean(true);
        var acknowledged = ConcurrentHashMap.<String>newKeySet();
        var callers = IntStream.range(0, CALLERS)
                .mapToObj(n -> CompletableFuture.runAsync(() -> {
                    while (asks.get()) {
                        var request = UUID.randomUUID().toString();
                        var admission = tenant.admit(ending, "request_id", request);
                        assertThat(admission.admitted()).as(admission.text()).isTrue();
                        assertThat(Tenant.settle(ending, admission, "0.001").status())
                                .isEqualTo(200);
                        acknowledged.add(request);
                    }
                }))
                .toList();
        RedisServers.await("load", () -> acknowledged.size() > 50);
        var open = IntStream.range(0, 20).mapToObj(n -> tenant.admit(ending)).toList();

        ending.terminate();
        RedisServers.await(
                "not ready", () -> ending.calls().get("/q/health/ready").status() == 503);
        asks.set(false); // as a balancer does that has asked
        callers.forEach(CompletableFuture::join);
        List<CompletableFuture<Calls.Answer>> late;
        try (var connection = SharedStores.connection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("lock table spend_total in exclusive mode");
            late = open.stream()
                    .map(admission ->
                            Tenant.settleAsync(ending, admission.json().getString("admission_id"), "0.001"))
                    .toList();
            Thread.sleep(2_700); // well after the delay: it has begun to end
            connection.rollback();
        }

        assertThat(late).allMatch(call -> call.join().status() == 200);
        ending.awaitExit();
        assertThat(booked(tenant)).containsAll(acknowledged).doesNotHaveDuplicates();
        assertThat(booked(tenant)).hasSize(acknowledged.size() + 20);
    }

    @Test
    void killed_again_and_again_it_loses_nothing_acknowledged_books_nothing_twice_and_its_holds_end() throws Exception {
        var tenant = Tenant.on(steady, "\"max_budget\": 1000.0, \"max_parallel_requests\": 200");
        var acknowledged = ConcurrentHashMap.<String>newKeySet();
        var running = new AtomicBoolean(true);
        var callers = new ArrayList<CompletableFuture<Void>>();
        for (int n = 0; n < CALLERS; n++) {
            boolean toMortal = n % 2 == 0;
            Supplier<ServiceProcess> service = () -> toMortal ? mortal : steady;
            callers.add(CompletableFuture.runAsync(() -> useUntilStopped(tenant, service, running, acknowledged)));
        }

        for (int kill = 0; kill < KILLS; kill++) {
            int before = acknowledged.size();
            RedisServers.await("load", () -> acknowledged.size() > before + 100);
            Thread.sleep(ThreadLocalRandom.current().nextInt(200));
            mortal.kill();
            restart();
        }
        running.set(false);
        callers.forEach(CompletableFuture::join);

        assertThat(booked(tenant)).containsAll(acknowledged).doesNotHaveDuplicates();
        assertThat(SharedStores.query(
                        "select spend_nano - 1000000 * (select count(*) from usage_event where key_id = ?::uuid) from spend_total"
                                + " where scope_kind = 'key' and scope_id = ? and period = 'lifetime'",
                        tenant.keyId,
                        tenant.keyId))
                .isEqualTo("0");
        RedisServers.await("all slots", () -> tenant.explained(steady).remaining("key") == 200);
        var rest = 1_000 - booked(tenant).size() * 0.001;
        RedisServers.await("all that nobody used", () -> tenant.admit(steady, "estimated_cost_usd", rest)
                .admitted());
    }

    /** As a proxy does: what was cut off is repeated elsewhere, under the same id. */
    private static void useUntilStopped(
            Tenant tenant, Supplier<ServiceProcess> service, AtomicBoolean running, Set<String> acknowledged) {
        while (running.get()) {
            var request = UUID.randomUUID().toString();
            try {
                var admission = tenant.admit(service.get(), "request_id", request, "estimated_cost_usd", 0.01);
                if (!admission.admitted()) {
                    continue;
                }
                var id = admission.json().getString("admission_id");
                if (settled(service, id) || settled(() -> steady, id)) {
                    acknowledged.add(request);
                }
            } catch (RuntimeException cutOff) {
                pause(); // whether it was admitted is unknown: its lease ends it
            }
        }
    }

    private static boolean settled(Supplier<ServiceProcess> service, String admission) {
        try {
            return Tenant.settle(service.get(), admission, "0.001").status() == 200;
        } catch (RuntimeException cutOff) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> booked(Tenant tenant) {
        return SharedStores.column("select request_id from usage_event where key_id = ?::uuid", tenant.keyId);
    }
}
