package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionId;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.KeyOwner;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisConfig;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SpoolTest {

    @Inject
    Spool spool;

    @Inject
    RedisCalls redis;

    @Inject
    RedisConfig connections;

    @Inject
    Vertx vertx;

    @Inject
    UsageConfig config;

    private final UUID key = UUID.randomUUID();

    private SpooledUse use(String requestId, long nanoUsd) {
        return use(key, requestId, nanoUsd);
    }

    private static SpooledUse use(UUID keyId, String requestId, long nanoUsd) {
        return use(keyId, requestId, nanoUsd, false);
    }

    private SpooledUse part(String requestId, long nanoUsd) {
        return use(key, requestId, nanoUsd, true);
    }

    private static SpooledUse use(UUID keyId, String requestId, long nanoUsd, boolean partial) {
        var owner = new KeyOwner(keyId, "0".repeat(64), null, null, null, null, null);
        var id = new AdmissionId(
                owner.keyId(),
                Instant.now(),
                new TenantRoot(ResourceKind.KEY, owner.keyId().toString()),
                requestId);
        var record = new AdmissionRecord(id, owner, null, List.of(), "gpt-4o", List.of(), List.of(), null);
        var event = new UsageEvent(
                requestId,
                owner,
                null,
                "gpt-4o",
                "gpt-4o",
                "openai",
                1,
                2,
                3,
                new NanoUsd(nanoUsd),
                "success",
                partial,
                List.of(),
                id.admittedAt(),
                List.of());
        return new SpooledUse(event.json(), record, Instant.now());
    }

    private Booked add(SpooledUse use) {
        return spool.add(use).await().atMost(Duration.ofSeconds(5));
    }

    private static String booked(String requestId) {
        return StoreAccess.queryOne("select sum(cost_nano) from usage_event where request_id = ?", requestId);
    }

    /** All that have waited behind a commit that is not answered come on one event loop, and may be more than a connection takes at once. */
    @Test
    void however_many_come_at_once_all_are_kept() {
        var uses = IntStream.range(0, connections.maxInFlight() + 500)
                .mapToObj(n -> use(UUID.randomUUID().toString(), 1))
                .toList();

        var kept = Uni.createFrom()
                .<List<Booked>>emitter(emitter -> vertx.getOrCreateContext().runOnContext(on -> Uni.join()
                        .all(uses.stream().map(spool::add).toList())
                        .andCollectFailures()
                        .subscribe()
                        .with(emitter::complete, emitter::fail)))
                .await()
                .atMost(Duration.ofSeconds(30));

        assertThat(kept).hasSameSizeAs(uses).allMatch(Booked::first);
        RedisServers.await("the bookings", 60, () -> String.valueOf(uses.size())
                .equals(StoreAccess.queryOne("select count(*) from usage_event where key_id = ?", key)));
    }

    @Test
    void the_first_of_a_request_is_kept_and_booked_once() {
        var request = UUID.randomUUID().toString();

        var first = add(use(request, 7));
        var second = add(use(request, 9));

        assertThat(first.first()).isTrue();
        assertThat(first.spooled()).isTrue();
        assertThat(second.first()).isFalse();
        assertThat(second.cost().value()).isEqualTo(7);
        RedisServers.await("the booking", () -> "7".equals(booked(request)));
    }

    @Test
    void the_whole_of_a_use_that_was_booked_in_part_raises_the_booking() {
        var request = UUID.randomUUID().toString();
        add(part(request, 7));
        RedisServers.await("the part's booking", () -> "7".equals(booked(request)));

        var whole = add(use(request, 9));

        assertThat(whole.cost().value()).isEqualTo(9);
        RedisServers.await("the whole booking", () -> "9".equals(booked(request)));
    }

    @Test
    void a_part_and_the_whole_that_wait_together_are_booked_as_the_whole() {
        var request = UUID.randomUUID().toString();

        var part = add(part(request, 7));
        var whole = add(use(request, 9));

        assertThat(part.first()).isTrue();
        assertThat(whole.first()).isTrue();
        assertThat(whole.cost().value()).isEqualTo(9);
        RedisServers.await("the whole booking", () -> "9".equals(booked(request)));
    }

    @Test
    void a_larger_part_waits_beside_a_smaller_one_and_raises_the_booking() {
        var request = UUID.randomUUID().toString();

        var smaller = add(part(request, 7));
        var larger = add(part(request, 9));
        var again = add(part(request, 7));

        assertThat(smaller.first()).isTrue();
        assertThat(larger.first()).isTrue();
        assertThat(larger.cost().value()).isEqualTo(9);
        assertThat(again.first()).isFalse();
        assertThat(again.spooled()).isTrue();
        RedisServers.await("the larger booking", () -> "9".equals(booked(request)));
    }

    @Test
    void one_request_id_of_two_keys_is_kept_and_booked_for_both() {
        var request = UUID.randomUUID().toString();

        var own = add(use(request, 7));
        var others = add(use(UUID.randomUUID(), request, 20));
        var again = add(use(request, 9));

        assertThat(own.first()).isTrue();
        assertThat(others.first()).isTrue();
        assertThat(others.cost().value()).isEqualTo(20);
        assertThat(again.cost().value()).isEqualTo(7);
        RedisServers.await("both bookings", () -> "27".equals(booked(request)));
    }

    /** More of them than are booked at once. */
    @Test
    void what_cannot_be_read_stays_is_counted_and_holds_nothing_up() {
        var request = UUID.randomUUID().toString();
        try (var redis = StoreAccess.redis()) {
            for (int n = 0; n < 501; n++) {
                redis.call("XADD", "t1:{spool}:entries", "*", "e", "{\"event\": \"of a later release\"}");
            }
            try {
                add(use(request, 7));

                RedisServers.await("the booking behind them", () -> "7".equals(booked(request)));
                RedisServers.await("only those that cannot be read", () -> redis.call("XLEN", "t1:{spool}:entries")
                        .equals(501L));
                assertThat(RestAssured.get("/q/metrics").asString()).contains("tenantry_spool_unreadable 501");
            } finally {
                redis.call("DEL", "t1:{spool}:entries", "t1:{spool}:requests");
            }
        }
        RedisServers.await("none", SpoolTest::isNothingUnreadable);
    }

    private static boolean isNothingUnreadable() {
        return RestAssured.get("/q/metrics").asString().contains("tenantry_spool_unreadable 0");
    }

    /** While the ledger is away one use at a time is tried. */
    @Test
    void however_many_cannot_be_read_they_are_passed_over_in_few_steps() {
        var metrics = new SimpleMeterRegistry();
        var another = new Spool(redis, config, metrics);
        var entries = "for n = 1, 20000 do redis.call('XADD', KEYS[1], '*', 'e', '{}') end";
        try (var connection = StoreAccess.redis()) {
            connection.call("EVAL", entries, "1", "t1:{spool}:entries");
            try {
                RedisServers.await("all to be seen", () -> {
                    assertThat(another.take(1).await().atMost(Duration.ofSeconds(20)))
                            .isEmpty();
                    return metrics.get("tenantry.spool.unreadable").gauge().value() == 20_000;
                });
            } finally {
                connection.call("DEL", "t1:{spool}:entries", "t1:{spool}:booker");
            }
        }
        RedisServers.await("none", SpoolTest::isNothingUnreadable);
    }

    @Test
    void what_the_ledger_refuses_is_set_aside_and_holds_nothing_up() {
        var good = UUID.randomUUID().toString();
        var bad = UUID.randomUUID().toString();
        var impossible = use(bad, 7);
        impossible.event().put("input_tokens", -1);

        add(impossible);
        add(use(good, 8));

        RedisServers.await("the good one's booking", () -> "8".equals(booked(good)));
        assertThat(booked(bad)).isNull();
        try (var redis = StoreAccess.redis()) {
            RedisServers.await(
                    "the bad one aside", () -> String.valueOf(redis.call("XRANGE", "t1:{spool}:refused", "-", "+"))
                            .contains(bad));
            RedisServers.await("an empty spool", () -> redis.call("XLEN", "t1:{spool}:entries")
                    .equals(0L));
            redis.call("DEL", "t1:{spool}:refused");
            assertThat(redis.call("EXISTS", "t1:{spool}:requests")).isEqualTo(0L);
        }
    }
}
