package io.tenantry.limits.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.ReserveResult.Looked;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Stale;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.ReserveResult.TotalsMissing;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.RedisProbe;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reservations of one tenant that begin, or end, at the same moment share a call, and nothing else. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SharedCallsTest {

    private final TenantRoot root = new TenantRoot(ResourceKind.ORGANIZATION, "org-" + UUID.randomUUID());

    @Inject
    RedisLimitStore store;

    @Inject
    Vertx vertx;

    @Test
    void what_one_event_loop_asks_at_once_is_one_call_a_full_batch() {
        var charge = rate("shared", 1_000, 1);
        var asked = Collections.nCopies(2 * ReserveBatch.MOST, charge).stream()
                .map(one -> reservation(id(), List.of(one), List.of()))
                .toList();

        var results = new ArrayList<ReserveResult>();
        long calls = callsDuring(() -> results.addAll(atOnce(asked)));

        assertThat(results).hasSize(2 * ReserveBatch.MOST).allMatch(Taken.class::isInstance);
        assertThat(calls).isBetween(2L, 4L); // one that is late is asked again
    }

    @Test
    void what_ends_at_once_is_one_call_a_full_batch() {
        var charge = rate("ended", 1_000, 10);
        var slot = slot("ended");
        var ids = Stream.generate(SharedCallsTest::id).limit(FinishBatch.MOST).toList();
        atOnce(ids.stream()
                .map(id -> reservation(id, List.of(charge, slot), List.of()))
                .toList());

        var endings = new ArrayList<Uni<Void>>();
        for (int i = 0; i < ids.size(); i++) {
            endings.add(
                    i % 2 == 0
                            ? store.settle(
                                    root, ids.get(i), List.of(new ActualCharge(charge, 3), new ActualCharge(slot, 1)))
                            : store.release(root, ids.get(i), List.of(charge, slot)));
        }
        long calls = callsDuring(() -> fromOneTurn(endings));

        assertThat(calls).isEqualTo(1);
        // half of them used three each
        assertThat(left(charge, slot)).containsExactly(1_000L - 3 * FinishBatch.MOST / 2, 1_000L);
    }

    @Test
    void ends_of_one_reservation_at_once_count_once() {
        var charge = rate("twice", 100, 10);
        var money = money("twice");
        await(store.load(root, money, SettledTotal.of(0), RedisLimitStore.micros(Instant.now())));
        var id = id();
        atOnce(List.of(reservation(id, List.of(charge, money), List.of())));
        var used = List.of(new ActualCharge(charge, 4), new ActualCharge(money, 1, SettledTotal.of(1)));

        fromOneTurn(List.of(
                store.settle(root, id, used),
                store.settle(root, id, used),
                store.release(root, id, List.of(charge, money)),
                store.settle(root, id(), used)));

        assertThat(left(charge)).containsExactly(96L);
        var standing = look(money).get(0);
        assertThat(standing.used()).isEqualTo(1);
        assertThat(standing.held()).isZero();
    }

    @Test
    void a_request_may_have_more_limits_than_a_byte_counts() {
        var charges = new ArrayList<Charge>();
        for (int i = 0; i < 300; i++) {
            charges.add(rate("many-" + i, 10, 1));
        }
        var all = charges.toArray(new Charge[0]);
        var id = id();

        assertThat(remaining(
                        atOnce(List.of(reservation(id, charges, List.of()))).get(0)))
                .hasSize(300)
                .containsOnly(9L);
        var again =
                (Repeated) atOnce(List.of(reservation(id, charges, List.of()))).get(0);
        assertThat(RepeatedStandings.of(charges, again.figures())).hasSize(300);
        assertThat(again.payload().toString()).isEqualTo("payload of " + id);
        assertThat(await(store.extend(root, id, charges, Duration.ofMinutes(30), Duration.ofMinutes(1))))
                .isPresent();
        await(store.release(root, id, charges));
        assertThat(left(all)).containsOnly(10L);
    }

    @Test
    void a_full_batch_whose_requests_share_no_limit_fits() {
        var asked = new ArrayList<Reservation>();
        for (int i = 0; i < ReserveBatch.MOST; i++) {
            var charges = new ArrayList<Charge>();
            for (int j = 0; j < 12; j++) {
                charges.add(rate("own-" + i + "-" + j, 10, 1));
            }
            asked.add(reservation(id(), charges, List.of()));
        }

        assertThat(atOnce(asked)).allMatch(Taken.class::isInstance);
        fromOneTurn(asked.stream()
                .map(one -> store.release(root, one.id(), one.charges()))
                .toList());

        assertThat(asked).allSatisfy(one -> assertThat(look(one.charges().toArray(new Charge[0])))
                .allMatch(standing -> standing.remaining() == 10));
    }

    @Test
    void each_is_decided_for_itself_after_those_before_it() {
        var roomy = rate("roomy", 100, 30);
        var tight = rate("tight", 50, 20);

        var results = atOnce(List.of(
                reservation(id(), List.of(roomy, tight), List.of()),
                reservation(id(), List.of(roomy, rate("tight", 50, 40)), List.of()),
                reservation(id(), List.of(roomy, tight), List.of()),
                reservation(id(), List.of(roomy), List.of())));

        assertThat(results.get(0)).isInstanceOf(Taken.class);
        // thirty of fifty are left: this one is short and takes nothing of the other limit either
        assertThat(results.get(1)).isInstanceOf(Short.class);
        assertThat(((Short) results.get(1)).shortages()).hasSize(1);
        assertThat(remaining(results.get(2))).containsExactly(40L, 10L);
        assertThat(remaining(results.get(3))).containsExactly(10L);
    }

    @Test
    void an_outdated_policy_a_missing_total_and_a_repetition_concern_nobody_else() {
        var known = new ObjectVersion(ResourceKind.TEAM, "t", 7);
        var outdated = new ObjectVersion(ResourceKind.TEAM, "t", 6);
        await(store.publish(root, List.of(known)));
        var charge = rate("mixed", 10, 1);
        var money = money("t");
        var twice = id();

        var results = atOnce(List.of(
                reservation(id(), List.of(charge), List.of(outdated)),
                reservation(twice, List.of(charge), List.of(known)),
                reservation(id(), List.of(charge, money), List.of(known)),
                reservation(twice, List.of(charge), List.of(known)),
                reservation(id(), List.of(charge), List.of(known))));

        assertThat(results.get(0)).isInstanceOf(Stale.class);
        assertThat(results.get(1)).isInstanceOf(Taken.class);
        assertThat(results.get(2)).isInstanceOf(TotalsMissing.class);
        assertThat(((TotalsMissing) results.get(2)).budgets()).containsExactly(money);
        assertThat(((Repeated) results.get(3)).payload().toString()).isEqualTo("payload of " + twice);
        assertThat(remaining(results.get(4))).containsExactly(8L);
    }

    @Test
    void the_same_limit_on_old_and_new_terms_is_one_bucket() {
        var before = rate("changed", 10, 4);
        var after = new Charge.Rate(before.limit(), 4, BucketRule.of(100, Duration.ofDays(7)));

        var results = atOnce(List.of(
                reservation(id(), List.of(before), List.of()),
                reservation(id(), List.of(after), List.of()),
                reservation(id(), List.of(before), List.of())));

        assertThat(remaining(results.get(0))).containsExactly(6L);
        assertThat(remaining(results.get(1))).containsExactly(92L);
        assertThat(results.get(2)).isInstanceOf(Short.class);
    }

    @Test
    void what_is_refused_on_other_terms_leaves_the_bucket_to_the_others_as_it_was() {
        var kept = rate("terms", 1_000, 50);
        atOnce(List.of(reservation(id(), List.of(rate("terms", 1_000, 900)), List.of())));

        var results = atOnce(List.of(
                reservation(id(), List.of(kept), List.of()),
                reservation(id(), List.of(rate("terms", 10, 1)), List.of()),
                reservation(id(), List.of(kept), List.of()),
                reservation(id(), List.of(rate("terms", 10, 1)), List.of())));

        assertThat(results.get(1)).isInstanceOf(Short.class);
        assertThat(remaining(results.get(2))).containsExactly(0L);
        assertThat(results.get(3)).isInstanceOf(Short.class);
        assertThat(left(rate("terms", 2_000, 1))).containsExactly(1_000L);
    }

    private List<ReserveResult> atOnce(List<Reservation> reservations) {
        return fromOneTurn(reservations.stream().map(store::reserve).toList());
    }

    /** From one turn of one event loop, so that they are gathered. */
    private <T> List<T> fromOneTurn(List<Uni<T>> calls) {
        var answers = new CompletableFuture<List<T>>();
        vertx.getOrCreateContext().runOnContext(turn -> Uni.join()
                .all(calls)
                .andFailFast()
                .subscribe()
                .with(answers::complete, answers::completeExceptionally));
        return answers.orTimeout(5, TimeUnit.SECONDS).join();
    }

    private long callsDuring(Runnable action) {
        return RedisProbe.commandsDuring(StoreAccess.redisPort(), action).stream()
                .filter(command -> command.contains("\"evalsha\"") && command.contains(root.prefix()))
                .count();
    }

    private List<Standing> look(Charge... charges) {
        return ((Looked) await(store.look(reservation("look", List.of(charges), List.of())))).standings();
    }

    private List<Long> left(Charge... charges) {
        return look(charges).stream().map(Standing::remaining).toList();
    }

    private static List<Long> remaining(ReserveResult result) {
        return ((Taken) result).standings().stream().map(Standing::remaining).toList();
    }

    private Reservation reservation(String id, List<Charge> charges, List<ObjectVersion> versions) {
        return new Reservation(
                root,
                id,
                versions,
                charges,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Buffer.buffer("payload of " + id));
    }

    private static String id() {
        return UUID.randomUUID().toString();
    }

    private static Charge.Rate rate(String id, long capacity, long tokens) {
        var limit = new LimitRef(ResourceKind.KEY, id, LimitKind.TOKENS, null);
        return new Charge.Rate(limit, tokens, BucketRule.of(capacity, Duration.ofDays(7)));
    }

    private static Charge.Slot slot(String id) {
        return new Charge.Slot(new LimitRef(ResourceKind.KEY, id, LimitKind.PARALLEL, null), 1_000, false);
    }

    private static Charge.Budget money(String id) {
        return new Charge.Budget(
                new LimitRef(ResourceKind.TEAM, id, LimitKind.BUDGET, null),
                1,
                100,
                Charge.UNLIMITED,
                BudgetPeriod.LIFETIME);
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(5));
    }
}
