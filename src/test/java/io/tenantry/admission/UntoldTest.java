package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.InMemoryLimitStore;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.SettledTotal;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several things happen to one reservation while the store is silent. */
class UntoldTest {

    private static final Duration LEASE = Duration.ofMinutes(15);
    private static final UUID KEY = UUID.fromString("6f1c0f5e-4a3a-4a53-9f43-0b8d3f1f6f10");
    private static final TenantRoot ROOT = new TenantRoot(ResourceKind.ORGANIZATION, "acme");
    private static final Charge.Budget BUDGET = new Charge.Budget(
            new LimitRef(ResourceKind.KEY, KEY.toString(), LimitKind.BUDGET, null),
            30,
            100,
            Charge.UNLIMITED,
            BudgetPeriod.LIFETIME);

    private final InMemoryLimitStore store =
            new InMemoryLimitStore(() -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()), 100);
    private final AtomicInteger calls = new AtomicInteger();
    private boolean silent;
    private Runnable whileTold = () -> {};
    private final Untold untold = new Untold(silenced(), config(), null, new SimpleMeterRegistry());
    private final AdmissionRecord record = attempt(Instant.now());
    private final AdmissionRecord later = attempt(Instant.now().plusSeconds(1));

    @BeforeEach
    void held() {
        await(store.load(ROOT, BUDGET, SettledTotal.of(0), 0));
        assertThat(reserve()).isInstanceOf(ReserveResult.Taken.class);
        silent = true;
    }

    private static AdmissionConfig config() {
        return config(LEASE);
    }

    private static AdmissionConfig config(Duration lease) {
        return (AdmissionConfig) Proxy.newProxyInstance(
                AdmissionConfig.class.getClassLoader(),
                new Class<?>[] {AdmissionConfig.class},
                (proxy, method, args) -> lease);
    }

    /** The same store, or none. What happens while it is asked happens before it answers. */
    private LimitStore silenced() {
        return (LimitStore) Proxy.newProxyInstance(
                LimitStore.class.getClassLoader(), new Class<?>[] {LimitStore.class}, (proxy, method, args) -> {
                    whileTold.run();
                    calls.incrementAndGet();
                    return silent
                            ? Uni.createFrom().failure(new StoreUnavailable("silent"))
                            : method.invoke(store, args);
                });
    }

    private static AdmissionRecord attempt(Instant at) {
        var id = new AdmissionId(KEY, at, ROOT, "request");
        var owner = new KeyOwner(KEY, "hash", null, null, null, null, "acme");
        return new AdmissionRecord(id, owner, null, List.of(), "m", List.of(BUDGET), List.of(), null);
    }

    private ReserveResult reserve() {
        return reserve(record);
    }

    private ReserveResult reserve(AdmissionRecord attempt) {
        return await(store.reserve(new Reservation(
                ROOT, attempt.id().holdId(), List.of(), List.of(BUDGET), LEASE, LEASE, attempt.payload())));
    }

    private Uni<Void> settle(long total) {
        return silenced()
                .settle(ROOT, record.id().holdId(), List.of(new ActualCharge(BUDGET, total, SettledTotal.of(total))));
    }

    private Uni<Void> release() {
        return silenced().release(ROOT, record.id().holdId(), List.of(BUDGET));
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(5));
    }

    /** Settled and held, once the store has been told. */
    private List<Long> told() {
        silent = false;
        untold.sweep();
        assertThat(untold.size()).isZero();
        var question = new Reservation(ROOT, "look", List.of(), List.of(BUDGET), LEASE, LEASE, Buffer.buffer());
        var standing =
                ((ReserveResult.Looked) await(store.look(question))).standings().get(0);
        return List.of(standing.used(), standing.held());
    }

    @Test
    void what_is_settled_and_then_asked_for_again_without_an_answer_is_settled() {
        untold.settled(record.id().holdId(), () -> settle(20));
        await(untold.repeated(record.id()));
        untold.abandoned(record);

        assertThat(told()).containsExactly(20L, 0L);
    }

    @Test
    void what_was_asked_for_without_an_answer_and_then_settled_is_settled() {
        untold.abandoned(record);
        assertThatThrownBy(() -> await(untold.repeated(record.id()))).isInstanceOf(StoreUnavailable.class);
        untold.abandoned(later);
        untold.settled(record.id().holdId(), () -> settle(20));

        assertThat(told()).containsExactly(20L, 0L);
    }

    @Test
    void what_is_settled_and_then_released_is_settled() {
        untold.settled(record.id().holdId(), () -> settle(20));
        untold.released(record.id(), this::release);

        assertThat(told()).containsExactly(20L, 0L);
    }

    @Test
    void of_two_settlements_the_later_one_is_told_also_when_it_comes_while_the_other_is_told() {
        untold.settled(record.id().holdId(), () -> settle(20));
        whileTold = () -> {
            whileTold = () -> {};
            untold.settled(record.id().holdId(), () -> settle(50));
        };
        untold.sweep();

        assertThat(told()).containsExactly(50L, 0L);
    }

    @Test
    void of_two_totals_of_a_window_the_later_one_is_told_whichever_comes_first() {
        untold.total("window", SettledTotal.of(50), () -> settle(50));
        untold.total("window", SettledTotal.of(20), () -> settle(20));

        assertThat(told()).containsExactly(50L, 0L);
    }

    @Test
    void what_was_released_and_is_asked_for_again_is_held() {
        untold.released(record.id(), this::release);
        await(untold.repeated(record.id()));
        silent = false;

        assertThat(reserve()).isInstanceOf(ReserveResult.Repeated.class);
        assertThat(told()).containsExactly(0L, 30L);
    }

    @Test
    void what_is_asked_for_again_is_taken_anew_after_what_nobody_got_an_answer_to_is_given_back() {
        untold.abandoned(record);
        silent = false;
        await(untold.repeated(later.id()));

        assertThat(reserve(later)).isInstanceOf(ReserveResult.Taken.class);
        untold.abandoned(record); // as if it arrived once more
        assertThat(told()).containsExactly(0L, 30L);
    }

    @Test
    void all_attempts_that_nobody_got_an_answer_to_are_undone() {
        untold.abandoned(record);
        untold.abandoned(later);

        assertThat(told()).containsExactly(0L, 0L);
    }

    /** One may wait for longer than another: it takes its limits under several roots. */
    @Test
    void all_attempts_that_nobody_got_an_answer_to_are_undone_whichever_was_given_up_first() {
        untold.abandoned(later);
        untold.abandoned(record);

        assertThat(told()).containsExactly(0L, 0L);
    }

    /** Through another instance, say, while this one got no answer before and after. */
    @Test
    void an_attempt_that_was_answered_between_two_that_were_not_keeps_what_it_holds() {
        untold.abandoned(attempt(record.id().admittedAt().minusSeconds(1)));
        untold.abandoned(later);

        assertThat(told()).containsExactly(0L, 30L);
    }

    @Test
    void who_asks_again_and_again_without_an_answer_is_told_of_in_few_calls() {
        for (int i = 0; i < 1_000; i++) {
            untold.abandoned(attempt(record.id().admittedAt().plusMillis(i - 500)));
        }
        calls.set(0);

        assertThat(told()).containsExactly(0L, 0L);
        assertThat(calls.get()).isLessThanOrEqualTo(16);
    }

    @Test
    void news_of_a_request_with_a_similar_name_takes_nothing_from_what_is_to_be_told() {
        untold.abandoned(record);
        untold.settled(
                AdmissionId.holdId(KEY, "request~"), () -> Uni.createFrom().voidItem());

        assertThat(told()).containsExactly(0L, 0L);
    }

    /** Through another instance; this one still has it in memory. */
    @Test
    void a_release_gives_nothing_back_of_what_was_released_and_admitted_anew() {
        silent = false;
        await(untold.giveBack(record));
        assertThat(reserve(later)).isInstanceOf(ReserveResult.Taken.class);

        await(untold.giveBack(record));
        assertThat(told()).containsExactly(0L, 30L);

        await(untold.giveBack(later));
        assertThat(told()).containsExactly(0L, 0L);
    }

    @Test
    void what_no_lease_ends_is_told_for_longer_than_a_lease() {
        var noLease = new Untold(silenced(), config(Duration.ZERO), null, new SimpleMeterRegistry());
        noLease.settled(record.id().holdId(), Duration.ofDays(2), () -> settle(20));
        noLease.settled("lease", () -> settle(30));
        silent = false;

        noLease.sweep();

        assertThat(told()).containsExactly(20L, 0L);
    }

    @Test
    void what_is_told_is_told_no_more() {
        untold.abandoned(record);

        assertThat(told()).containsExactly(0L, 0L);
        assertThat(reserve()).isInstanceOf(ReserveResult.Taken.class);
        assertThat(told()).containsExactly(0L, 30L);
    }
}
