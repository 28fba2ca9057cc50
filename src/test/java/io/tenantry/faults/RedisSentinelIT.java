package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.RedisServers;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A packaged instance on a master with a replica, watched by three sentinels. */
class RedisSentinelIT {

    @Test
    void a_killed_or_frozen_master_is_replaced_and_no_budget_is_overspent() {
        try (var servers = new RedisServers()) {
            int master = servers.start("repl-diskless-sync-delay 0");
            var replicas = List.of(replica(servers, master), replica(servers, master));
            var sentinels = Stream.generate(() -> servers.startSentinel(master, 2))
                    .limit(3)
                    .toList();
            RedisServers.await("sentinels that know everybody", () -> sentinels.stream()
                    .allMatch(port -> servers.ask(port, "INFO", "sentinel")
                            .toString()
                            .contains("status=ok,address=127.0.0.1:" + master + ",slaves=2,sentinels=3")));
            var url = "redis-sentinel://127.0.0.1:9,127.0.0.1:" + sentinels.get(0) + ",127.0.0.1:" + sentinels.get(1)
                    + "#tenantry";
            try (var service = ServiceProcess.start(SharedStores.withRedis(url), "tenantry.limits.timeout=500ms")) {
                survives(service, () -> servers.kill(master));
                int second = master(servers, sentinels.get(0));
                assertThat(replicas).contains(second);
                survives(service, () -> servers.signal(second, "STOP"));
                servers.signal(second, "CONT");
                survives(service, () -> {});
            }
        }
    }

    private static int replica(RedisServers servers, int master) {
        int port = servers.start("replicaof 127.0.0.1 " + master);
        RedisServers.await(
                "a replica in step",
                () -> servers.ask(port, "INFO", "replication").toString().contains("master_link_status:up"));
        return port;
    }

    private static int master(RedisServers servers, int sentinel) {
        var address = (List<?>) servers.ask(sentinel, "SENTINEL", "get-master-addr-by-name", "tenantry");
        return Integer.parseInt((String) address.get(1));
    }

    private static void survives(ServiceProcess service, Runnable accident) {
        var tenant = Tenant.on(service, "\"max_budget\": 1.0");
        var admission = tenant.admit(service, "estimated_cost_usd", 0.6);
        assertThat(admission.admitted()).as(admission.text()).isTrue();

        accident.run();

        RedisServers.await("an answer by the limits", () -> {
            var answer = tenant.admit(service, "estimated_cost_usd", 0.6);
            assertThat(answer.admitted()).as(answer.text()).isFalse();
            return "budget_exceeded".equals(answer.json().getString("refusal.reason"));
        });
        assertThat(Tenant.settle(service, admission, "0.1").status()).isEqualTo(200);
        RedisServers.await("room after the settlement", () -> tenant.admit(service, "estimated_cost_usd", 0.85)
                .admitted());
    }
}
