package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.KeyOwner;
import io.tenantry.core.NanoUsd;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is committed together succeeds and fails each for itself. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LedgerTest {

    @Inject
    Ledger ledger;

    @Inject
    @ReactiveDataSource(AdmissionPool.NAME)
    Pool pool;

    @Inject
    UsageConfig config;

    @Inject
    Vertx vertx;

    private static UsageEvent event(String requestId, long inputTokens) {
        return event(UUID.randomUUID(), requestId, inputTokens, 7);
    }

    private static UsageEvent event(UUID keyId, String requestId, long inputTokens, long nanoUsd) {
        var owner = new KeyOwner(keyId, "0".repeat(64), null, null, null, null, null);
        return new UsageEvent(
                requestId,
                owner,
                null,
                "gpt-4o",
                "gpt-4o",
                "openai",
                inputTokens,
                2,
                3,
                new NanoUsd(nanoUsd),
                "success",
                false,
                List.of(),
                Instant.now(),
                List.of());
    }

    @Test
    void what_the_database_refuses_fails_alone_and_its_company_is_booked() {
        var run = UUID.randomUUID().toString();
        var appended = new ArrayList<Uni<Boolean>>();
        for (int i = 0; i < 20; i++) {
            appended.add(ledger.append(event(run + "-" + i, i == 9 ? -1 : 1))
                    .map(Booked::first)
                    .onFailure()
                    .recoverWithItem(false));
        }

        var booked = Uni.join().all(appended).andFailFast().await().atMost(Duration.ofSeconds(10));

        assertThat(booked).hasSize(20);
        assertThat(booked.get(9)).isFalse();
        assertThat(booked).filteredOn(first -> first).hasSize(19);
        assertThat(StoreAccess.queryOne("select count(*)::text from usage_event where request_id like ?", run + "%"))
                .isEqualTo("19");
    }

    @Test
    void who_waits_behind_a_commit_that_is_not_answered_does_not_wait_for_one_more() throws Exception {
        var metrics = new SimpleMeterRegistry();
        var impatient = new Ledger(pool, waitingAtMost(Duration.ofSeconds(1)), vertx, metrics);
        try (var connection = StoreAccess.database();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table usage_event in access exclusive mode");
            var first = impatient
                    .append(event(UUID.randomUUID().toString(), 1))
                    .subscribe()
                    .asCompletionStage();
            RedisServers.await(
                    "its commit",
                    () -> metrics.get("tenantry.ledger.group.size").summary().count() == 1);
            var behind = impatient
                    .append(event(UUID.randomUUID().toString(), 1))
                    .subscribe()
                    .asCompletionStage();

            assertThat(first).failsWithin(Duration.ofSeconds(10));
            assertThat(behind).failsWithin(Duration.ofSeconds(10));
        }

        assertThat(metrics.get("tenantry.ledger.commit").timer().count()).isEqualTo(1);
    }

    private UsageConfig waitingAtMost(Duration timeout) {
        return (UsageConfig) Proxy.newProxyInstance(
                UsageConfig.class.getClassLoader(),
                new Class<?>[] {UsageConfig.class},
                (proxy, method, args) ->
                        method.getName().equals("commitTimeout") ? timeout : method.invoke(config, args));
    }

    private List<Booked> append(List<UsageEvent> events) {
        return Uni.join()
                .all(events.stream().map(ledger::append).toList())
                .andFailFast()
                .await()
                .atMost(Duration.ofSeconds(10));
    }

    private static List<Long> costs(List<Booked> booked) {
        return booked.stream().map(use -> use.cost().value()).toList();
    }

    @Test
    void a_request_id_is_booked_once_for_each_key_that_has_it_in_one_group_or_in_several() {
        var request = UUID.randomUUID().toString();
        var one = UUID.randomUUID();
        var other = UUID.randomUUID();
        // the first is on its way alone while the rest gathers
        var events = List.of(
                event(UUID.randomUUID(), UUID.randomUUID().toString(), 1, 1),
                event(one, request, 1, 7),
                event(other, request, 1, 8),
                event(one, request, 1, 9),
                event(other, request, 1, 10));

        var first = append(events);
        var again = append(events);
        var late = append(List.of(event(UUID.randomUUID(), request, 1, 11), event(other, request, 1, 12)));

        assertThat(first).extracting(Booked::first).containsExactly(true, true, true, false, false);
        assertThat(costs(first)).containsExactly(1L, 7L, 8L, 7L, 8L);
        assertThat(again).extracting(Booked::first).containsOnly(false);
        assertThat(costs(again)).containsExactly(1L, 7L, 8L, 7L, 8L);
        assertThat(late).extracting(Booked::first).containsExactly(true, false);
        assertThat(costs(late)).containsExactly(11L, 8L);
        assertThat(StoreAccess.queryOne("select sum(cost_nano)::text from usage_event where request_id = ?", request))
                .isEqualTo("26");
    }

    @Test
    void keys_with_the_same_request_ids_that_are_booked_in_opposite_orders_do_not_wait_for_each_other_in_a_circle() {
        var run = UUID.randomUUID().toString();
        var keys = List.of(UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID());
        var events = new ArrayList<JsonObject>();
        for (int i = 0; i < 60; i++) {
            events.add(event(keys.get(i % 3), run + "-" + i / 6, 1, 1).json());
        }
        var backwards = new ArrayList<>(events);
        Collections.reverse(backwards);

        var booked = Uni.join()
                .all(IntStream.range(0, 8)
                        .mapToObj(n -> ledger.bookNow(n % 2 == 0 ? events : backwards))
                        .toList())
                .andFailFast()
                .await()
                .atMost(Duration.ofSeconds(10));

        assertThat(booked.stream().flatMap(List::stream).filter(Booked::first)).hasSize(30);
        assertThat(StoreAccess.queryOne("select count(*)::text from usage_event where request_id like ?", run + "%"))
                .isEqualTo("30");
    }
}
