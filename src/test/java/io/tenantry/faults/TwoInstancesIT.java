package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.platform.stores.EmbeddedStores;
import io.tenantry.testing.Admissions;
import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisProbe;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServerProcess;
import io.tenantry.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.MethodName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Two packaged instances on the same stores: what one decides, the other knows; and what happens when things are killed or frozen. */
@TestMethodOrder(MethodName.class)
class TwoInstancesIT {

    /** Two instances, their stores and the callers share two cores; what is tested is not how fast that machine is. */
    private static final String PATIENT = "tenantry.limits.timeout=500ms";

    private static final Duration AWAY = Duration.parse(System.getProperty("tenantry.away", "PT3S"));

    private static EmbeddedStores stores;
    private static Path directory;
    private static ServiceProcess one;
    private static ServiceProcess two;

    @BeforeAll
    static void start() throws IOException {
        directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "two-instances-");
        stores = EmbeddedStores.start(directory);
        one = ServiceProcess.start(stores.addresses(), PATIENT);
        two = ServiceProcess.start(stores.addresses(), PATIENT);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        stores.close();
    }

    private static String key(String limits) {
        var team = create("/team/new", "{\"team_alias\": \"t\"}").json().getString("team_id");
        var body = "{\"team_id\": \"" + team + "\"" + (limits.isEmpty() ? "" : ", " + limits) + "}";
        return create("/key/generate", body).json().getString("key");
    }

    private static Calls.Answer create(String path, String body) {
        var answer = one.calls().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer;
    }

    private static List<Calls.Answer> admitOnBoth(String key, int callers, Object... fields) {
        var running = new ArrayList<CompletableFuture<Calls.Answer>>();
        for (int i = 0; i < callers; i++) {
            running.add(
                    (i % 2 == 0 ? one : two).calls().postAsync("/v1/admissions", Admissions.requestJson(key, fields)));
        }
        return running.stream().map(CompletableFuture::join).toList();
    }

    @Test
    void two_hundred_callers_over_two_instances_get_fifty_and_what_refilled() {
        var key = key("\"rpm_limit\": 50");
        // each instance has read the policy before the race, and the race is about the limit only
        one.calls().post("/v1/admissions", Admissions.requestJson(key));
        two.calls().post("/v1/admissions", Admissions.requestJson(key));

        long started = System.nanoTime();
        var answers = admitOnBoth(key, 200);
        long refilled = (System.nanoTime() - started) * 50 / 60_000_000_000L + 1;

        assertThat(answers.stream().filter(Calls.Answer::admitted).count()).isBetween(48L, 48 + refilled + 1);
    }

    @Test
    void a_budget_is_one_budget_on_both() {
        var key = key("\"max_budget\": 1.0");

        var answers = admitOnBoth(key, 100, "estimated_cost_usd", 0.3);

        assertThat(answers).filteredOn(Calls.Answer::admitted).hasSize(3);
        assertThat(answers).allMatch(answer -> answer.status() == 200);
    }

    @Test
    void when_block_has_answered_no_instance_admits_the_key_again() {
        for (int round = 0; round < 5; round++) {
            var key = key("");
            assertThat(one.calls()
                            .post("/v1/admissions", Admissions.requestJson(key))
                            .admitted())
                    .isTrue();
            assertThat(two.calls()
                            .post("/v1/admissions", Admissions.requestJson(key))
                            .admitted())
                    .isTrue();

            create("/key/block", "{\"key\": \"" + key + "\"}");

            assertThat(two.calls()
                            .post("/v1/admissions", Admissions.requestJson(key))
                            .admitted())
                    .isFalse();
            assertThat(one.calls()
                            .post("/v1/admissions", Admissions.requestJson(key))
                            .admitted())
                    .isFalse();
            create("/key/unblock", "{\"key\": \"" + key + "\"}");
            assertThat(two.calls()
                            .post("/v1/admissions", Admissions.requestJson(key))
                            .admitted())
                    .isTrue();
        }
    }

    @Test
    void one_instance_settles_what_the_other_admitted() {
        var key = key("\"max_budget\": 1.0, \"tpm_limit\": 100000");
        var admission = one.calls()
                .post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.9, "input_tokens", 50_000))
                .json()
                .getString("admission_id");

        var settled = two.calls()
                .post("/v1/admissions/" + admission + "/settlement", "{\"cost_usd\": 0.1, \"input_tokens\": 1000}");

        assertThat(settled.status()).as(settled.text()).isEqualTo(200);
        var next = one.calls().post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.9));
        assertThat(next.admitted()).isTrue();
        assertThat(next.json().getInt("limits.find { it.kind == 'tokens' }.remaining"))
                .isGreaterThan(98_000);
    }

    @Test
    void an_emptied_redis_forgets_no_hold_of_any_instance() throws Exception {
        var key = key("\"max_budget\": 1.0");
        assertThat(one.calls()
                        .post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.3))
                        .admitted())
                .isTrue();
        assertThat(two.calls()
                        .post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.6))
                        .admitted())
                .isTrue();

        flushRedis();

        for (int i = 0; i < 40; i++) {
            var answer = one.calls().post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.3));
            assertThat(answer.admitted()).as(answer.text()).isFalse();
            if ("budget_exceeded".equals(answer.json().getString("refusal.reason"))) {
                assertThat(answer.json().getDouble("refusal.held")).isEqualTo(0.9);
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("the instances have not put their holds back");
    }

    @Test
    void an_emptied_redis_gets_no_hold_back_that_has_ended_on_another_instance() throws Exception {
        var key = key("\"max_budget\": 1.0");
        var request = Admissions.requestJson(key, "request_id", "settled-elsewhere", "estimated_cost_usd", 0.9);
        var id = one.calls().post("/v1/admissions", request).json().getString("admission_id");
        two.calls().post("/v1/admissions/" + id + "/settlement", "{\"cost_usd\": 0.1}");
        // who saw no answer asks again, and is told the first one
        assertThat(one.calls().post("/v1/admissions", request).json().getString("admission_id"))
                .isEqualTo(id);
        assertThat(two.calls().post("/v1/admissions", request).admitted()).isTrue();

        flushRedis();

        for (int i = 0; i < 40; i++) {
            var next = one.calls().post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.85));
            if (next.admitted()) {
                return;
            }
            // until both instances have put back what they remember
            assertThat(next.json().getString("refusal.reason")).as(next.text()).isEqualTo("limits_unavailable");
            Thread.sleep(100);
        }
        throw new AssertionError("the holds of both instances are awaited for ever");
    }

    private static void flushRedis() {
        try (var redis = RedisProbe.on(stores.redisPort())) {
            redis.call("FLUSHALL");
        }
    }

    @Test
    void x_an_emptied_redis_gets_back_what_one_instance_has_renewed_of_another_that_died() throws Exception {
        var key = key("\"max_budget\": 1.0");
        var request = Admissions.requestJson(key, "estimated_cost_usd", 0.6);
        var open = two.calls().post("/v1/admissions", request).json().getString("admission_id");
        assertThat(one.calls().post("/v1/admissions/" + open + "/extension", "").status())
                .isEqualTo(200);
        two.kill();
        two = ServiceProcess.start(stores.addresses(), PATIENT);

        flushRedis();

        for (int i = 0; i < 100; i++) {
            var answer = two.calls().post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.6));
            assertThat(answer.admitted()).as(answer.text()).isFalse();
            if ("budget_exceeded".equals(answer.json().getString("refusal.reason"))) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("nobody has put it back");
    }

    @Test
    void x_kill_dash_nine_under_settlement_load_loses_nothing_acknowledged_and_books_nothing_twice() throws Exception {
        var key = key("");
        var admissions = IntStream.range(0, 400)
                .mapToObj(n -> one.calls()
                        .post("/v1/admissions", Admissions.requestJson(key))
                        .json()
                        .getString("admission_id"))
                .toList();
        var acknowledged = ConcurrentHashMap.<String>newKeySet();

        var running = admissions.stream()
                .map(id -> settle(two, id).thenAccept(answer -> {
                    if (answer.status() == 200) {
                        acknowledged.add(id);
                    }
                }))
                .toList();
        Thread.sleep(ThreadLocalRandom.current().nextInt(5, 60));
        two.kill();
        running.forEach(call -> call.exceptionally(cut -> null).join());
        two = ServiceProcess.start(stores.addresses(), PATIENT);
        var repeated = admissions.stream().map(id -> settle(two, id)).toList();

        assertThat(repeated).allMatch(answer -> answer.join().status() == 200);
        assertThat(acknowledged.size()).isLessThanOrEqualTo(400);
        assertThat(
                        query(
                                "select count(*) from usage_event where key_alias is null and model = 'gpt-4o' and cost_nano = 1000000"))
                .isEqualTo("400");
        assertThat(
                        query(
                                "select sum(spend_nano) from spend_total where scope_kind = 'key' and period = 'lifetime' and requests = 400"))
                .isEqualTo(String.valueOf(400 * 1_000_000L));
        assertThat(
                        query(
                                "select count(*) from spend_total t where t.scope_kind = 'key' and t.period = 'lifetime' and t.spend_nano <> "
                                        + "(select coalesce(sum(e.cost_nano), 0) from usage_event e where e.key_id = t.scope_id::uuid)"))
                .isEqualTo("0");
    }

    private static CompletableFuture<Calls.Answer> settle(ServiceProcess service, String admission) {
        return service.calls()
                .postAsync("/v1/admissions/" + admission + "/settlement", "{\"cost_usd\": 0.001, \"input_tokens\": 3}");
    }

    @Test
    void y_what_one_instance_ends_while_redis_is_frozen_holds_nothing_once_it_is_back_also_where_the_other_admitted_it()
            throws Exception {
        var settled = key("\"max_budget\": 1.0, \"max_parallel_requests\": 1");
        var released = key("\"max_budget\": 1.0, \"max_parallel_requests\": 1");
        var toSettle = admittedBy(one, settled);
        var toRelease = admittedBy(one, released);

        signalRedis("STOP");
        try {
            assertThat(two.calls()
                            .post("/v1/admissions/" + toSettle + "/settlement", "{\"cost_usd\": 0.1}")
                            .status())
                    .isEqualTo(200);
            assertThat(two.calls()
                            .deleteAsync("/v1/admissions/" + toRelease)
                            .join()
                            .status())
                    .isEqualTo(200);
        } finally {
            signalRedis("CONT");
        }

        awaitAdmitted(settled, 0.9);
        awaitAdmitted(released, 1.0);
    }

    private static String admittedBy(ServiceProcess service, String key) {
        return service.calls()
                .post("/v1/admissions", Admissions.requestJson(key, "estimated_cost_usd", 0.9))
                .json()
                .getString("admission_id");
    }

    private static void awaitAdmitted(String key, double cost) throws InterruptedException {
        var request = Admissions.requestJson(key, "request_id", "after-" + key, "estimated_cost_usd", cost);
        for (int i = 0; i < 100; i++) {
            if (one.calls().post("/v1/admissions", request).admitted()) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("what has ended goes on holding");
    }

    @Test
    void y_with_redis_frozen_answers_come_in_time_by_the_rules_for_that_case_and_it_heals_by_itself() throws Exception {
        var limited = key("\"rpm_limit\": 10");
        var budgeted = key("\"max_budget\": 1.0");
        assertThat(one.calls()
                        .post("/v1/admissions", Admissions.requestJson(limited))
                        .admitted())
                .isTrue();
        assertThat(one.calls()
                        .post("/v1/admissions", Admissions.requestJson(budgeted))
                        .admitted())
                .isTrue();

        signalRedis("STOP");
        try {
            var byShare = one.calls().post("/v1/admissions", Admissions.requestJson(limited));
            assertThat(byShare.admitted()).as(byShare.text()).isTrue();
            assertThat(byShare.json().getBoolean("degraded")).isTrue();
            var answers = one.calls()
                    .postAll(
                            "/v1/admissions",
                            Stream.generate(() -> Admissions.requestJson(limited))
                                    .limit(20));
            // two instances: five each, or three while the one killed above still counts as the third
            assertThat(answers).filteredOn(Calls.Answer::admitted).hasSizeBetween(2, 5);
            var money = one.calls().post("/v1/admissions", Admissions.requestJson(budgeted));
            assertThat(money.json().getString("refusal.reason")).isEqualTo("limits_unavailable");
            assertThat(money.json().getInt("refusal.status")).isEqualTo(503);
            assertThat(one.isReady()).isTrue(); // it decides, and so do the others: taking all away would help nobody
            assertThat(one.calls().get("/q/health/live").status()).isEqualTo(200);

            // a block answers although it cannot be announced, and is true a second later all the same
            assertThat(one.calls()
                            .post("/key/block", "{\"key\": \"" + limited + "\"}")
                            .status())
                    .isEqualTo(200);
            Thread.sleep(1_200);
            assertThat(two.calls()
                            .post("/v1/admissions", Admissions.requestJson(limited))
                            .admitted())
                    .isFalse();
        } finally {
            signalRedis("CONT");
        }

        awaitHealed(budgeted);
        awaitReady();
        assertThat(one.calls()
                        .post("/v1/admissions", Admissions.requestJson(limited))
                        .json()
                        .getString("refusal.reason"))
                .isEqualTo("blocked");
    }

    @Test
    void z_with_postgresql_stopped_warm_keys_go_on_and_unknown_ones_get_503() throws Exception {
        var warm = key("\"rpm_limit\": 1000");
        var cold = key("");
        assertThat(one.calls()
                        .post("/v1/admissions", Admissions.requestJson(warm))
                        .admitted())
                .isTrue();

        signalPostgres("STOP");
        try {
            assertThat(one.calls()
                            .post("/v1/admissions", Admissions.requestJson(warm))
                            .admitted())
                    .isTrue();
            assertThat(one.calls()
                            .post("/v1/admissions", Admissions.requestJson(cold))
                            .status())
                    .isEqualTo(503);
        } finally {
            signalPostgres("CONT");
        }
        awaitReady();
        assertThat(one.calls()
                        .post("/v1/admissions", Admissions.requestJson(cold))
                        .admitted())
                .isTrue();
    }

    /** Not only frozen: its process ends, and another one begins on the same data. {@code -Psoak} leaves it away for a minute. */
    @Test
    void zz_with_postgresql_ended_for_a_while_warm_keys_go_on_and_every_settlement_is_booked_once() throws Exception {
        var warm = Tenant.on(one, "\"rpm_limit\": 1000000");
        var cold = Tenant.on(one, "");
        warm.admit(one);
        warm.admit(two);
        var running = new AtomicBoolean(true);
        var acknowledged = ConcurrentHashMap.<String>newKeySet();
        var load = Stream.of(one, two, one, two)
                .map(service -> CompletableFuture.runAsync(() -> warm.useUntilStopped(service, running, acknowledged)))
                .toList();
        RedisServers.await("load", () -> acknowledged.size() > 20);

        endPostgres();
        int before = acknowledged.size();
        RedisServers.await("settlements that are kept", () -> acknowledged.size() > before + 20);
        assertThat(cold.admit(one).status()).isEqualTo(503);
        Thread.sleep(AWAY.toMillis());
        assertThat(load).noneMatch(CompletableFuture::isDone);
        startPostgresAgain();
        RedisServers.await("a cold key", () -> cold.admit(one).admitted());
        running.set(false);
        load.forEach(CompletableFuture::join);

        RedisServers.await("an empty spool", () -> spooled().equals(0L));
        assertThat(query("select count(*) from usage_event where key_id = '" + warm.keyId + "'"))
                .isEqualTo(String.valueOf(acknowledged.size()));
        assertThat(query("select spend_nano / 1000000 from spend_total where scope_kind = 'key' and period = 'lifetime'"
                        + " and scope_id = '" + warm.keyId + "'"))
                .isEqualTo(String.valueOf(acknowledged.size()));
    }

    private static Object spooled() {
        try (var redis = RedisProbe.on(stores.redisPort())) {
            return redis.call("XLEN", "t1:{spool}:entries");
        }
    }

    private static void endPostgres() throws Exception {
        var postmaster = postmaster();
        signal("INT", postmaster.pid()); // a fast shutdown: connections are cut
        postmaster.onExit().get(30, TimeUnit.SECONDS);
    }

    /** With the server's own tool, which lies beside it, and with the options that it was started with. */
    private static void startPostgresAgain() throws Exception {
        var data = directory.resolve("postgres");
        var started = Files.readString(data.resolve("postmaster.opts")).strip();
        int end = started.indexOf(' ');
        var words = new ArrayList<String>();
        if ("root".equals(System.getProperty("user.name"))) {
            words.addAll(List.of("unshare", "-U")); // as the library starts it: PostgreSQL refuses to be root's
        }
        words.add(Path.of(started.substring(0, end)).resolveSibling("pg_ctl").toString());
        words.addAll(List.of("start", "-w", "-D", data.toString(), "-o", started.substring(end)));
        words.addAll(List.of("-l", directory.resolve("postgres-again.log").toString()));
        var process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("pg_ctl.log").toFile())
                .start();
        assertThat(process.waitFor()).isZero();
    }

    private static void awaitHealed(String key) throws InterruptedException {
        for (int i = 0; i < 50; i++) {
            var answer = one.calls().post("/v1/admissions", Admissions.requestJson(key));
            if (answer.admitted() && !answer.json().getBoolean("degraded")) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("still degraded five seconds after Redis is back");
    }

    private static void awaitReady() throws InterruptedException {
        for (int i = 0; i < 100 && !one.isReady(); i++) {
            Thread.sleep(100);
        }
        assertThat(one.isReady()).isTrue();
    }

    private static void signalRedis(String signal) throws Exception {
        signal(
                signal,
                Long.parseLong(
                        Files.readString(directory.resolve("redis/redis.pid")).strip()));
    }

    /** The postmaster and all its children: a frozen server, not only one that accepts no new connections. */
    private static void signalPostgres(String signal) throws Exception {
        var server = postmaster();
        for (var child : server.children().toList()) {
            signal(signal, child.pid());
        }
        signal(signal, server.pid());
    }

    private static ProcessHandle postmaster() {
        return ServerProcess.in(directory.resolve("postgres/postmaster.pid"));
    }

    private static void signal(String signal, long pid) throws Exception {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(pid)).start().waitFor();
    }

    private static String query(String sql) throws SQLException {
        var login = new java.util.Properties();
        login.putAll(Map.of("user", "postgres"));
        try (var connection = DriverManager.getConnection(stores.addresses().jdbcUrl(), login);
                var rows = connection.createStatement().executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
