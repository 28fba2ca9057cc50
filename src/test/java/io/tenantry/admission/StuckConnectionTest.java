package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.StoreThrough;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.redis.RedisConfig;
import io.tenantry.platform.redis.RedisThrough;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.tenantry.testing.TcpProxy;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request gets no answer on a connection that is stuck, is made again by another way, and what was sent first arrives afterwards. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class StuckConnectionTest {

    private static final Duration LEASE = Duration.ofMinutes(15);

    @Inject
    Vertx vertx;

    @Inject
    RedisConfig connections;

    @Inject
    EngineConfig engine;

    @Inject
    AdmissionConfig config;

    @Inject
    LimitStore store;

    private final UUID key = UUID.randomUUID();
    private final TenantRoot root = new TenantRoot(ResourceKind.KEY, key.toString());
    private final Instant now = Instant.now();
    private final AdmissionRecord first = attempt(now);
    private final AdmissionRecord second = attempt(now.plusMillis(200));
    private TcpProxy proxy;
    private Context loop;
    private LimitStore stuck;
    private Untold untold;

    private AdmissionRecord attempt(Instant at) {
        var slot = new Charge.Slot(new LimitRef(ResourceKind.KEY, key.toString(), LimitKind.PARALLEL, null), 9);
        var owner = new KeyOwner(key, "hash", null, null, null, null, null);
        var id = new AdmissionId(key, at, root, "request");
        return new AdmissionRecord(id, owner, null, List.of(), "gpt-4o", List.of(slot), List.of(), null);
    }

    @BeforeEach
    void connect() {
        proxy = TcpProxy.to(StoreAccess.redisPort());
        loop = vertx.getOrCreateContext();
        stuck = StoreThrough.calls(RedisThrough.port(proxy.port(), vertx, connections), engine);
        untold = new Untold(stuck, config, vertx, new SimpleMeterRegistry());
        RedisServers.await("a connection", this::isAnswered);
    }

    @AfterEach
    void disconnect() {
        proxy.close();
    }

    private boolean isAnswered() {
        try {
            onLoop(() -> stuck.versionOf(root, ResourceKind.KEY, "none"));
            return true;
        } catch (StoreUnavailable silent) {
            return false;
        }
    }

    private <T> T onLoop(Supplier<Uni<T>> call) {
        return Uni.createFrom()
                .<T>emitter(emitter ->
                        loop.runOnContext(on -> call.get().subscribe().with(emitter::complete, emitter::fail)))
                .await()
                .atMost(Duration.ofSeconds(10));
    }

    private static Reservation reservation(AdmissionRecord record) {
        return new Reservation(
                record.id().root(), record.id().holdId(), List.of(), record.charges(), LEASE, LEASE, record.payload());
    }

    private ReserveResult reserve(AdmissionRecord record) {
        return store.reserve(reservation(record)).await().atMost(Duration.ofSeconds(10));
    }

    /** As an admission does it, and then the connection is stuck no more. */
    private void unanswered(Runnable meanwhile) {
        proxy.freeze();
        assertThatThrownBy(() -> onLoop(
                        () -> stuck.reserve(reservation(first)).onFailure().invoke(() -> untold.abandoned(first))))
                .isInstanceOf(StoreUnavailable.class);
        meanwhile.run();
        proxy.thaw();
        RedisServers.await("an answer", this::isAnswered);
        untold.sweep();
        RedisServers.await("nothing is left to tell", () -> untold.size() == 0);
    }

    private boolean isHeld() {
        var known = store.remembered(root, first.id().holdId()).await().atMost(Duration.ofSeconds(10));
        return known != null && known.open();
    }

    @Test
    void what_was_taken_by_another_way_meanwhile_is_held() {
        unanswered(() -> assertThat(reserve(second)).isInstanceOf(ReserveResult.Taken.class));

        assertThat(isHeld()).isTrue();
    }

    @Test
    void what_was_admitted_before_is_held_when_its_repetition_gets_no_answer() {
        assertThat(reserve(attempt(now.minusSeconds(1)))).isInstanceOf(ReserveResult.Taken.class);

        unanswered(() -> {});

        assertThat(isHeld()).isTrue();
    }

    @Test
    void what_nobody_got_an_answer_to_is_undone() {
        unanswered(() -> {});

        assertThat(isHeld()).isFalse();
    }
}
