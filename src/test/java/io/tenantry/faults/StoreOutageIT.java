package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Admissions;
import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import io.tenantry.testing.TcpProxy;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two packaged instances, each store behind a proxy that can be cut, frozen and slowed down. */
class StoreOutageIT {

    private static final String PATIENT = "tenantry.limits.timeout=500ms";
    private static final String SOON = "tenantry.usage.commit-timeout=1s";

    private static final String FEW = "tenantry.database.management-connections=4";
    private static final String TIGHT = "tenantry.database.management-waiting=20";
    private static final String BRIEF = "tenantry.database.management-statement-timeout=3s";

    private static RedisServers servers;
    private static int redisPort;
    private static TcpProxy postgres;
    private static TcpProxy redis;
    private static ServiceProcess one;
    private static ServiceProcess two;

    @BeforeAll
    static void start() {
        servers = new RedisServers();
        redisPort = servers.start("appendonly yes");
        redis = TcpProxy.to(redisPort);
        postgres = TcpProxy.to(
                Integer.parseInt(SharedStores.addresses().databaseName().replaceAll(".*:(\\d+)/.*", "$1")));
        one = start("tenantry.limits.when-unavailable=local");
        two = start("tenantry.limits.when-unavailable=deny");
    }

    @Test
    void management_calls_that_hang_take_nothing_from_admissions_and_settlements() throws Exception {
        var warm = Tenant.on(one, "\"max_budget\": 100.0");
        var cold = Stream.generate(() -> Tenant.on(one, "\"max_budget\": 1.0"))
                .limit(20)
                .toList();
        try (var connection = SharedStores.connection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("lock table audit_log in access exclusive mode");
            var hanging = Stream.generate(() -> one.calls().postAsync("/team/new", "{\"team_alias\": \"t\"}"))
                    .limit(60)
                    .toList();
            RedisServers.await("a refusal, since no more may wait", () -> hanging.stream()
                    .anyMatch(call -> call.isDone() && call.join().status() == 503));

            for (var tenant : cold) {
                var admission = tenant.admit(one, "estimated_cost_usd", 0.1);
                assertThat(admission.text()).contains("\"admitted\":true").doesNotContain("\"degraded\":true");
                assertThat(Tenant.settle(one, admission, "0.1").text())
                        .contains("\"settled\":true")
                        .doesNotContain("spooled");
                assertThat(warm.admit(one).admitted()).isTrue();
            }

            // nobody waits for ever: neither for a connection nor for the database
            assertThat(hanging.stream().map(CompletableFuture::join)).allMatch(answer -> answer.status() == 503);
            connection.rollback();
        }
        Tenant.on(one, "");
    }

    private static ServiceProcess start(String setting) {
        return ServiceProcess.start(
                SharedStores.at(postgres.port(), "redis://127.0.0.1:" + redis.port()),
                PATIENT,
                SOON,
                FEW,
                TIGHT,
                BRIEF,
                "tenantry.http.management-deadline=12s",
                setting);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        postgres.close();
        redis.close();
        servers.close();
    }

    @Test
    void with_postgresql_away_every_acknowledged_settlement_is_in_the_ledger_once_it_is_back() throws Exception {
        var warm = Tenant.on(one, "");
        var budget = Tenant.on(one, "\"max_budget\": 1.0");
        var cold = Tenant.on(one, "");
        warm.admit(one);
        warm.admit(two);
        var first = budget.admit(one, "estimated_cost_usd", 0.6);
        budget.admit(two, "estimated_cost_usd", 5.0);
        var acknowledged = ConcurrentHashMap.<String>newKeySet();
        var running = new AtomicBoolean(true);
        var load = new ArrayList<CompletableFuture<Void>>();
        for (int n = 0; n < 4; n++) {
            var service = n % 2 == 0 ? one : two;
            load.add(CompletableFuture.runAsync(() -> warm.useUntilStopped(service, running, acknowledged)));
        }
        Thread.sleep(300);

        postgres.cut();
        RedisServers.await(
                "a settlement that is kept",
                () -> Tenant.settle(one, warm.admit(one), "0.001").text().contains("\"spooled\":true"));
        var kept = Tenant.settle(two, first, "0.5");
        assertThat(kept.text()).contains("\"spooled\":true");
        // the hold is gone, and what was used counts although no total has it
        assertThat(budget.admit(two, "estimated_cost_usd", 0.55).json().getString("refusal.reason"))
                .isEqualTo("budget_exceeded");
        var second = budget.admit(one, "estimated_cost_usd", 0.45);
        assertThat(second.admitted()).as(second.text()).isTrue();
        // again, elsewhere, and with another figure: the first one counts
        var repeated = Tenant.settle(one, first, "0.9");
        assertThat(repeated.json().getDouble("cost_usd")).isEqualTo(0.5);
        assertThat(cold.admit(one).status()).isEqualTo(503);
        assertThat(one.isReady()).isTrue();
        Thread.sleep(1_500);
        assertThat(one.calls().get("/q/metrics").text()).containsPattern("tenantry_spool_length [1-9]");

        postgres.restore();
        RedisServers.await(
                "settlements go to the ledger again",
                () -> Tenant.settle(two, second, "0.4").status() == 200);
        running.set(false);
        load.forEach(CompletableFuture::join);
        RedisServers.await("an empty spool", () -> servers.ask(redisPort, "XLEN", "t1:{spool}:entries")
                .equals(0L));

        assertThat(acknowledged.size()).isGreaterThan(50);
        assertThat(ids(warm)).containsAll(acknowledged);
        assertThat(SharedStores.query(
                        "select spend_nano - 1000000 * (select count(*) from usage_event where key_id = ?::uuid) from spend_total"
                                + " where scope_kind = 'key' and scope_id = ? and period = 'lifetime'",
                        warm.keyId,
                        warm.keyId))
                .isEqualTo("0");
        assertThat(SharedStores.query("select sum(cost_nano) from usage_event where key_id = ?::uuid", budget.keyId))
                .isEqualTo("900000000");
        assertThat(Tenant.settle(two, first, "0.9").json().getDouble("cost_usd"))
                .isEqualTo(0.5);
        assertThat(budget.admit(one, "estimated_cost_usd", 0.11).admitted()).isFalse();
        RedisServers.await("exactly the rest", () -> budget.admit(two, "estimated_cost_usd", 0.1)
                .admitted());
        RedisServers.await("a cold key", () -> cold.admit(one).admitted());
    }

    @Test
    void with_postgresql_away_each_larger_part_of_a_use_waits_and_raises_the_booking_once_it_is_back() {
        var tenant = Tenant.on(one, "\"max_budget\": 1.0");
        var known = tenant.admit(one, "estimated_cost_usd", 0.1);
        var unknown = tenant.admit(two, "estimated_cost_usd", 0.1);
        assertThat(Tenant.settlePart(one, known, "0.05").text()).doesNotContain("spooled");

        postgres.cut();
        try {
            for (var service : List.of(one, two)) {
                RedisServers.await(
                        "a settlement that is kept",
                        () -> Tenant.settlePart(service, known, "0.05").text().contains("\"spooled\":true"));
            }
            for (var admission : List.of(known, unknown)) {
                for (var cost : List.of("0.1", "0.2", "0.2", "0.15")) {
                    var kept = Tenant.settlePart(two, admission, cost);
                    assertThat(kept.status()).as(kept.text()).isEqualTo(200);
                    assertThat(kept.text()).contains("\"spooled\":true");
                }
            }
            assertThat(Tenant.settle(one, known, "0.3").text()).contains("\"spooled\":true");
            // what any of them says counts
            assertThat(tenant.admit(one, "estimated_cost_usd", 0.51).admitted()).isFalse();
        } finally {
            postgres.restore();
        }

        RedisServers.await("an empty spool", () -> servers.ask(redisPort, "XLEN", "t1:{spool}:entries")
                .equals(0L));
        assertThat(SharedStores.query(
                        "select sum(cost_nano) || ' ' || count(*) from usage_event where key_id = ?::uuid",
                        tenant.keyId))
                .isEqualTo("500000000 2");
        RedisServers.await("exactly the rest", () -> tenant.admit(two, "estimated_cost_usd", 0.5)
                .admitted());
        assertThat(tenant.admit(one, "estimated_cost_usd", 0.01).admitted()).isFalse();
    }

    private static long booked(Tenant tenant) {
        return Long.parseLong(
                SharedStores.query("select count(*) from usage_event where key_id = ?::uuid", tenant.keyId));
    }

    private static List<String> ids(Tenant tenant) {
        return SharedStores.column("select request_id from usage_event where key_id = ?::uuid", tenant.keyId);
    }

    @Test
    void with_postgresql_frozen_nothing_hangs_and_settlements_are_kept() {
        var tenant = Tenant.on(one, "");
        var cold = Tenant.on(one, "");
        var admissions = List.of(tenant.admit(one), tenant.admit(one), tenant.admit(one));

        postgres.freeze();
        try {
            for (var admission : admissions) {
                assertThat(Tenant.settle(one, admission, "0.001").text()).contains("\"spooled\":true");
            }
            assertThat(tenant.admit(one).admitted()).isTrue();
            assertThat(cold.admit(one).status()).isEqualTo(503);
            var management = one.calls().post("/team/new", "{\"team_alias\": \"frozen\"}");
            assertThat(management.status()).as(management.text()).isEqualTo(503);
        } finally {
            postgres.thaw();
        }

        RedisServers.await("all three in the ledger", () -> booked(tenant) == 3);
        RedisServers.await("a cold key", () -> cold.admit(one).admitted());
    }

    @Test
    void with_redis_too_slow_or_cut_off_each_instance_follows_its_rule_and_recovers() {
        for (Runnable accident : List.<Runnable>of(() -> redis.delay(1_500), redis::cut)) {
            var rate = Tenant.on(one, "\"rpm_limit\": 20");
            var budget = Tenant.on(one, "\"max_budget\": 1.0");
            for (var service : List.of(one, two)) {
                // what another test did to Redis may still be held against it
                RedisServers.await(
                        "a healthy beginning",
                        () -> rate.admit(service).admitted()
                                && budget.admit(service, "estimated_cost_usd", 0.01)
                                        .admitted());
            }
            double before = degradedDecisions(one);

            accident.run();
            try {
                RedisServers.await(
                        "a degraded answer", () -> rate.admit(one).json().getBoolean("degraded"));
                var answers = Stream.generate(() -> rate.admitAsync(one)).limit(30).toList().stream()
                        .map(CompletableFuture::join)
                        .toList();
                // its share: half of it, with two instances; and what refilled
                assertThat(answers).filteredOn(Calls.Answer::admitted).hasSizeBetween(8, 13);
                assertThat(rate.admit(two).json().getString("refusal.reason")).isEqualTo("limits_unavailable");
                assertThat(budget.admit(one).json().getString("refusal.reason")).isEqualTo("limits_unavailable");
                assertThat(degradedDecisions(one)).isGreaterThan(before);
                assertThat(one.isReady()).isTrue();
            } finally {
                redis.delay(0);
                redis.restore();
            }

            for (var service : List.of(one, two)) {
                RedisServers.await("recovery", () -> {
                    var answer = budget.admit(service, "estimated_cost_usd", 0.01);
                    return answer.admitted() && !answer.text().contains("\"degraded\":true");
                });
            }
        }
    }

    /** A frozen process, not only a silent network: it reads what it was sent when it wakes up, and does it then. */
    @Test
    void with_redis_frozen_every_call_is_answered_and_what_happened_meanwhile_holds_nothing_once_it_is_back() {
        var slots = Tenant.on(one, "\"max_parallel_requests\": 3");
        var budget = Tenant.on(one, "\"max_budget\": 1.0");
        RedisServers.await(
                "a healthy beginning",
                () -> budget.admit(two, "estimated_cost_usd", 5.0).text().contains("budget_exceeded"));
        var settled = slots.admit(one);
        var released = slots.admit(one);
        var extended = slots.admit(one);
        var spent = budget.admit(one, "estimated_cost_usd", 0.5);
        assertThat(List.of(settled, released, extended, spent)).allMatch(Calls.Answer::admitted);

        servers.signal(redisPort, "STOP");
        try {
            var refused = Stream.of(slots, budget, slots, budget)
                    .map(tenant -> tenant.admitAsync(two, "estimated_cost_usd", 0.4))
                    .toList();
            assertThat(refused.stream().map(CompletableFuture::join))
                    .allMatch(answer -> answer.text().contains("limits_unavailable"));
            assertThat(Tenant.settle(one, settled, "0.001").text()).contains("\"settled\":true");
            assertThat(Tenant.settle(one, spent, "0.1").text()).contains("\"settled\":true");
            assertThat(one.calls().deleteAsync(path(released)).join().status()).isEqualTo(200);
            assertThat(one.calls().post(path(extended) + "/extension", "").status())
                    .isEqualTo(503);
            assertThat(one.calls()
                            .post("/v1/admissions/explain", Admissions.requestJson(budget.key))
                            .status())
                    .isEqualTo(503);
            assertThat(Tenant.on(two, "").admit(one).admitted()).isTrue();
            assertThat(one.isReady()).isTrue();
        } finally {
            servers.signal(redisPort, "CONT");
        }

        RedisServers.await(
                "an answer by the limits",
                () -> one.calls().post(path(extended) + "/extension", "").status() == 200);
        RedisServers.await(
                "slots but the one that is in use", () -> slots.explained(one).remaining("key") == 2);
        RedisServers.await(
                "no hold", () -> budget.explained(one).committed("key").compareTo(new BigDecimal("0.1")) == 0);
    }

    /** Nothing is held for them whose end would make their totals be read. */
    @Test
    void raised_bookings_uses_and_corrections_that_redis_missed_count_as_soon_as_it_is_back() {
        var tenants = Stream.generate(() -> Tenant.on(one, "\"max_budget\": 5.0"))
                .limit(3)
                .toList();
        var parts = tenants.stream().map(tenant -> tenant.admit(one)).toList();
        parts.forEach(admission ->
                assertThat(Tenant.settlePart(one, admission, "0.1").status()).isEqualTo(200));

        redis.cut();
        try {
            var use =
                    "{\"uses\": [{\"request_id\": \"loose\", \"api_key\": \"%s\", \"model\": \"gpt-4o\", \"cost_usd\": 0.2}]}";
            var correction = "{\"key\": \"%s\", \"amount_usd\": 0.2, \"reason\": \"underpriced\"}";
            var calls = one.calls();
            for (var answer : List.of(
                    Tenant.settlePart(one, parts.get(0), "0.3"),
                    calls.post("/v1/usage", use.formatted(tenants.get(1).key)),
                    calls.post("/v1/adjustments", correction.formatted(tenants.get(2).key)))) {
                assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            }
        } finally {
            redis.restore();
        }

        for (var tenant : tenants) {
            RedisServers.await("the whole use", () -> committed(tenant).equals("0.3"));
        }
    }

    private static String committed(Tenant tenant) {
        var answer = one.calls().post("/v1/admissions/explain", Admissions.requestJson(tenant.key));
        return answer.status() == 200
                ? Explained.of(answer).committed("key").stripTrailingZeros().toPlainString()
                : "unknown";
    }

    private static String path(Calls.Answer admission) {
        return "/v1/admissions/" + admission.json().getString("admission_id");
    }

    private static double degradedDecisions(ServiceProcess service) {
        return service.calls()
                .get("/q/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith("tenantry_decisions_degraded_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void with_both_stores_away_nothing_is_acknowledged_and_nothing_hangs() {
        var tenant = Tenant.on(one, "");
        var admission = tenant.admit(one);

        postgres.cut();
        redis.cut();
        try {
            var refused = Tenant.settle(one, admission, "0.001");
            assertThat(refused.status()).as(refused.text()).isEqualTo(503);
            RedisServers.await("not ready", () -> !one.isReady());
        } finally {
            postgres.restore();
            redis.restore();
        }

        RedisServers.await("ready", () -> one.isReady() && two.isReady());
        RedisServers.await(
                "booked", () -> Tenant.settle(one, admission, "0.001").status() == 200);
        RedisServers.await("in the ledger", () -> booked(tenant) == 1);
    }

    @Test
    void flushed_under_load_a_budget_is_never_overspent() throws Exception {
        neverOverspent(() -> servers.ask(redisPort, "FLUSHALL"));
    }

    @Test
    void while_redis_evicts_a_budget_is_never_overspent() throws Exception {
        for (int n = 0; n < 300; n++) {
            servers.ask(redisPort, "SET", "ballast:" + n, "x".repeat(10_000));
        }
        servers.ask(redisPort, "CONFIG", "SET", "maxmemory-policy", "allkeys-random");
        try {
            neverOverspent(() -> {
                servers.ask(redisPort, "CONFIG", "SET", "maxmemory", String.valueOf(memory("used_memory") - 1_500_000));
                servers.ask(redisPort, "SET", "ballast:last", "x");
            });
            assertThat(memory("evicted_keys")).isGreaterThan(100);
        } finally {
            // in this order: between the two a sign of life must not see evictions that nobody has written down
            servers.ask(redisPort, "CONFIG", "SET", "maxmemory", "0");
            servers.ask(redisPort, "CONFIG", "RESETSTAT");
            servers.ask(redisPort, "FLUSHALL");
        }
    }

    private static long memory(String figure) {
        var info = String.valueOf(servers.ask(redisPort, "INFO"));
        return Long.parseLong(info.replaceAll("(?s).*\\b" + figure + ":(\\d+).*", "$1"));
    }

    /** Ten budgets of a dollar, 24 callers that want a tenth each and settle less or never: what was settled plus what is open stays below. */
    private static void neverOverspent(Runnable accident) throws Exception {
        var tenants = new ArrayList<Tenant>();
        for (int n = 0; n < 10; n++) {
            tenants.add(Tenant.on(one, "\"max_budget\": 1.0"));
        }
        var committed = new ConcurrentHashMap<Tenant, Long>();
        for (var tenant : tenants) {
            assertThat(tenant.admit(two, "estimated_cost_usd", 0.1).admitted()).isTrue();
            committed.put(tenant, 100L);
        }
        var running = new ArrayList<CompletableFuture<Void>>();
        for (int caller = 0; caller < 24; caller++) {
            int number = caller;
            running.add(CompletableFuture.runAsync(() -> {
                for (var tenant : tenants) {
                    var service = number % 2 == 0 ? one : two;
                    var answer = tenant.admit(service, "estimated_cost_usd", 0.1);
                    if (answer.admitted()) {
                        boolean settles = number % 3 == 0;
                        committed.merge(tenant, settles ? 60L : 100L, Long::sum);
                        if (settles) {
                            Tenant.settle(service, answer, "0.06");
                        }
                    }
                }
            }));
        }
        Thread.sleep(50);
        accident.run();
        running.forEach(CompletableFuture::join);

        assertThat(committed.values()).allMatch(thousandths -> thousandths <= 1_000);
    }

    /** So that a test's accident is none of the next one's. */
    @AfterEach
    void everythingIsBack() {
        postgres.thaw();
        postgres.restore();
        redis.delay(0);
        redis.restore();
        for (var service : List.of(one, two)) {
            RedisServers.await("everything back", () -> {
                var tenant = Tenant.on(service, "");
                var answer = tenant.admit(service);
                return answer.admitted()
                        && !answer.text().contains("\"degraded\":true")
                        && Tenant.settle(service, answer, "0.001").json().get("spooled") == null;
            });
        }
    }
}
