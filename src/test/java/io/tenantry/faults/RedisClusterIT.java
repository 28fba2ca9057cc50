package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.MethodName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Two packaged instances on a Redis Cluster of six processes. */
@TestMethodOrder(MethodName.class)
class RedisClusterIT {

    private static final String PATIENT = "tenantry.limits.timeout=500ms";
    private static final int MASTERS = 3;

    private static RedisServers servers;
    private static List<Integer> nodes;
    private static ServiceProcess one;
    private static ServiceProcess two;

    @BeforeAll
    static void start() {
        servers = new RedisServers();
        nodes = servers.startCluster(MASTERS);
        // one node that is not there: the others say where everything is
        var url = "redis-cluster://127.0.0.1:9,127.0.0.1:" + nodes.get(1) + ",127.0.0.1:" + nodes.get(2);
        var addresses = SharedStores.withRedis(url);
        one = ServiceProcess.start(addresses, PATIENT);
        two = ServiceProcess.start(addresses, PATIENT);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        servers.close();
    }

    /** Tenants enough that each master has some: their names' hash tags differ. */
    private static List<Tenant> tenants(int count, String limits) {
        return IntStream.range(0, count).mapToObj(n -> Tenant.on(one, limits)).toList();
    }

    @Test
    void a_limit_is_exact_over_both_instances_wherever_its_tenant_lives() {
        for (var tenant : tenants(6, "\"max_budget\": 1.0")) {
            tenant.admit(one, "estimated_cost_usd", 0.001);
            tenant.admit(two, "estimated_cost_usd", 0.001);
            var running = new ArrayList<CompletableFuture<Calls.Answer>>();
            for (int i = 0; i < 20; i++) {
                running.add(tenant.admitAsync(i % 2 == 0 ? one : two, "estimated_cost_usd", 0.3));
            }

            var answers = running.stream().map(CompletableFuture::join).toList();

            assertThat(answers).filteredOn(Calls.Answer::admitted).hasSize(3);
            assertThat(answers)
                    .allMatch(answer -> answer.status() == 200 && !answer.text().contains("\"degraded\":true"));
        }
        assertThat(mastersInUse()).isEqualTo(MASTERS);
    }

    private static int mastersInUse() {
        return (int) nodes.subList(0, MASTERS).stream()
                .filter(port -> ((Long) servers.ask(port, "DBSIZE")) > 0)
                .count();
    }

    @Test
    void what_one_instance_admits_the_other_settles_and_a_block_is_true_on_both() {
        for (var tenant : tenants(4, "\"max_budget\": 1.0")) {
            var admission = tenant.admit(one, "estimated_cost_usd", 0.9);
            assertThat(Tenant.settle(two, admission, "0.1").status()).isEqualTo(200);
            assertThat(tenant.admit(one, "estimated_cost_usd", 0.85).admitted()).isTrue();

            Tenant.create(one, "/key/block", "{\"key\": \"" + tenant.key + "\"}");

            assertThat(tenant.admit(two).json().getString("refusal.reason")).isEqualTo("blocked");
        }
    }

    @Test
    void what_moves_to_an_organization_on_another_master_keeps_what_it_holds_whoever_settles_it() {
        for (var tenant : tenants(4, "\"max_budget\": 1.0")) {
            var open = tenant.admit(one, "estimated_cost_usd", 0.6);
            assertThat(tenant.admit(two, "estimated_cost_usd", 0.1).admitted()).isTrue();
            var organization = Tenant.create(
                            two, "/organization/new", "{\"organization_alias\": \"to-" + tenant.team + "\"}")
                    .json()
                    .getString("organization_id");

            Tenant.create(
                    one,
                    "/team/update",
                    "{\"team_id\": \"" + tenant.team + "\", \"organization_id\": \"" + organization + "\"}");

            assertThat(tenant.admit(two, "estimated_cost_usd", 0.4).json().getString("refusal.reason"))
                    .isEqualTo("budget_exceeded");
            assertThat(tenant.admit(one, "estimated_cost_usd", 0.3).admitted()).isTrue();
            assertThat(Tenant.settle(two, open, "0.2").status()).isEqualTo(200);
            assertThat(tenant.admit(one, "estimated_cost_usd", 0.4).admitted()).isTrue();
            assertThat(tenant.admit(two, "estimated_cost_usd", 0.1).admitted()).isFalse();
        }
    }

    @Test
    void slots_that_move_are_followed() {
        var tenant = Tenant.on(one, "\"max_budget\": 1.0");
        assertThat(tenant.admit(one, "estimated_cost_usd", 0.6).admitted()).isTrue();
        long slot = (Long) servers.ask(nodes.get(0), "CLUSTER", "KEYSLOT", "{team:" + tenant.team + "}");
        int from = masterOf(tenant);
        int to = (from + 1) % MASTERS;
        var fromId = (String) servers.ask(nodes.get(from), "CLUSTER", "MYID");
        var toId = (String) servers.ask(nodes.get(to), "CLUSTER", "MYID");
        var number = String.valueOf(slot);

        servers.ask(nodes.get(to), "CLUSTER", "SETSLOT", number, "IMPORTING", fromId);
        servers.ask(nodes.get(from), "CLUSTER", "SETSLOT", number, "MIGRATING", toId);
        var names = (List<?>) servers.ask(nodes.get(from), "CLUSTER", "GETKEYSINSLOT", number, "1000");
        for (var name : names) {
            servers.ask(
                    nodes.get(from), "MIGRATE", "127.0.0.1", String.valueOf(nodes.get(to)), (String) name, "0", "5000");
        }
        // All names are over there, and the slot still belongs to the old one: it says ASK. A name that is new is in
        // neither place; then
        // Redis answers TRYAGAIN, and nothing can be counted for a moment.
        assertThat(tenant.admit(two, "estimated_cost_usd", 0.6).admitted()).isFalse();
        for (int node : nodes.subList(0, MASTERS)) {
            servers.ask(node, "CLUSTER", "SETSLOT", number, "NODE", toId);
        }

        // now it says MOVED
        var refused = tenant.admit(two, "estimated_cost_usd", 0.6);
        assertThat(refused.json().getString("refusal.reason"))
                .as(refused.text())
                .isEqualTo("budget_exceeded");
        assertThat(tenant.admit(one, "estimated_cost_usd", 0.3).admitted()).isTrue();
    }

    @Test
    void y_a_frozen_master_concerns_nobody_else_is_replaced_and_harms_nothing_when_it_wakes_up() {
        int frozen = 1;
        var tenants = tenants(9, "\"max_budget\": 1.0");
        var held = tenants.stream()
                .collect(Collectors.toMap(tenant -> tenant, tenant -> tenant.admit(one, "estimated_cost_usd", 0.6)));
        assertThat(held.values()).allMatch(Calls.Answer::admitted);
        var others =
                tenants.stream().filter(tenant -> masterOf(tenant) != frozen).toList();

        servers.signal(nodes.get(frozen), "STOP");
        try {
            assertThat(others).allMatch(tenant -> tenant.admit(one, "estimated_cost_usd", 0.2)
                    .admitted());
            tenants.forEach(RedisClusterIT::isRefusedByItsBudget);
        } finally {
            servers.signal(nodes.get(frozen), "CONT");
        }

        RedisServers.await("a replica in step", () -> {
            var replication = String.valueOf(servers.ask(nodes.get(frozen), "INFO", "replication"));
            return replication.contains("role:slave") && replication.contains("master_link_status:up");
        });
        tenants.forEach(RedisClusterIT::isRefusedByItsBudget);
        tenants.stream()
                .filter(tenant -> !others.contains(tenant))
                .forEach(tenant -> hasRoomAfterSettling(tenant, held.get(tenant)));
    }

    /** As they are in the beginning. */
    private static int masterOf(Tenant tenant) {
        long slot = (Long) servers.ask(nodes.get(0), "CLUSTER", "KEYSLOT", "{team:" + tenant.team + "}");
        return (int) (slot * MASTERS / 16_384);
    }

    @Test
    void z_a_killed_master_is_replaced_and_no_budget_is_overspent() {
        var tenants = tenants(9, "\"max_budget\": 1.0");
        var held = tenants.stream()
                .collect(Collectors.toMap(tenant -> tenant, tenant -> tenant.admit(one, "estimated_cost_usd", 0.6)));
        assertThat(held.values()).allMatch(Calls.Answer::admitted);

        servers.kill(nodes.get(0));

        tenants.forEach(RedisClusterIT::isRefusedByItsBudget);
        tenants.forEach(tenant -> hasRoomAfterSettling(tenant, held.get(tenant)));
        assertThat(one.isReady()).isTrue();
    }

    /** Nothing is admitted before the limits answer, and then they know what is held. */
    private static void isRefusedByItsBudget(Tenant tenant) {
        RedisServers.await("an answer by the limits", () -> {
            var answer = tenant.admit(two, "estimated_cost_usd", 0.6);
            assertThat(answer.admitted()).as(answer.text()).isFalse();
            return "budget_exceeded".equals(answer.json().getString("refusal.reason"));
        });
    }

    private static void hasRoomAfterSettling(Tenant tenant, Calls.Answer held) {
        assertThat(Tenant.settle(two, held, "0.1").status()).isEqualTo(200);
        RedisServers.await("room after the settlement", () -> tenant.admit(one, "estimated_cost_usd", 0.85)
                .admitted());
    }
}
