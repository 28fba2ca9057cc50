package io.tenantry.limits.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Stale;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.ReserveResult.TotalsMissing;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** What every {@link LimitStore} promises. Run on Redis and on the in-memory store, so that the latter can be trusted. */
abstract class LimitStoreContract {

    private final TenantRoot root = new TenantRoot(ResourceKind.ORGANIZATION, "org-" + UUID.randomUUID());

    abstract LimitStore store();

    // -- rates

    @Test
    void takes_every_charge_or_none() {
        var roomy = rate("roomy", 100, 50);
        var tight = rate("tight", 10, 11);

        var result = reserve(roomy, tight);

        assertThat(result).isInstanceOf(Short.class);
        assertThat(((Short) result).shortages()).extracting(Standing::charge).containsExactly(tight);
        assertThat(remaining(roomy)).isEqualTo(100);
    }

    @Test
    void lists_every_exhausted_limit_in_the_order_given() {
        reserve(rate("a", 10, 10), rate("b", 10, 10), rate("c", 10, 1));

        var result = reserve(rate("b", 10, 5), rate("c", 10, 1), rate("a", 10, 5));

        assertThat(((Short) result).shortages())
                .extracting(standing -> standing.charge().limit().id())
                .containsExactly("b", "a");
    }

    @Test
    void fifty_callers_of_five_share_one_hundred_tokens_exactly() throws Exception {
        // an hour's window: what refills during the test is less than one charge
        var charge = new Charge.Rate(ref("hot", LimitKind.TOKENS), 5, BucketRule.of(100, Duration.ofHours(1)));

        var results = concurrently(50, () -> reserve(charge));

        assertThat(results).filteredOn(Taken.class::isInstance).hasSize(20);
        assertThat(results).filteredOn(Short.class::isInstance).hasSize(30);
    }

    @Test
    void the_wait_it_names_is_enough_and_not_a_guess() throws Exception {
        var charge = new Charge.Rate(ref("wait", LimitKind.REQUESTS), 1, BucketRule.of(10, Duration.ofSeconds(2)));
        for (int i = 0; i < 10; i++) {
            assertThat(reserve(charge)).isInstanceOf(Taken.class);
        }

        var refused = (Short) reserve(charge);
        long waitMicros = refused.shortages().get(0).waitMicros();

        assertThat(waitMicros).isBetween(1L, 200_000L);
        Thread.sleep(waitMicros / 1_000 + 1);
        assertThat(reserve(charge)).isInstanceOf(Taken.class);
    }

    @Test
    void a_request_larger_than_the_limit_never_fits() {
        var result = (Short) reserve(rate("small", 10, 11));

        assertThat(result.shortages().get(0).waitMicros()).isEqualTo(Standing.NEVER);
        assertThat(result.shortages().get(0).remaining()).isEqualTo(10);
    }

    @Test
    void a_limit_of_zero_admits_nothing() {
        assertThat(reserve(rate("zero", 0, 1))).isInstanceOf(Short.class);
    }

    @Test
    void raising_a_limit_helps_at_once_and_keeps_what_was_used() {
        reserve(rate("raised", 10, 10));

        assertThat(reserve(rate("raised", 20, 10))).isInstanceOf(Taken.class);
        assertThat(reserve(rate("raised", 20, 1))).isInstanceOf(Short.class);
    }

    @Test
    void a_limit_that_is_lowered_below_what_was_used_has_nothing_left_and_no_debt() {
        reserve(rate("lowered", 100_000, 90_000));

        assertThat(remaining(rate("lowered", 10, 1))).isZero();
        assertThat(((Short) reserve(rate("lowered", 10, 1))).shortages().get(0).waitMicros())
                .isBetween(1L, Duration.ofDays(1).toNanos() / 1_000);
    }

    @Test
    void what_was_used_before_a_limit_of_zero_is_neither_forgotten_nor_a_debt_after_it() {
        var before = rate("paused", 100_000, 90_000);
        var open = reserveAs(before);
        var nothing = rate("paused", 0, 0);
        settle(reserveAs(nothing), new ActualCharge(nothing, 0));
        settle(open, new ActualCharge(before, 80_000));

        assertThat(remaining(nothing)).isZero();
        assertThat(remaining(rate("paused", 10, 1))).isZero();
        assertThat(remaining(rate("paused", 100_000, 1))).isEqualTo(20_000);
    }

    @Test
    void what_was_overdrawn_before_a_limit_of_zero_is_owed_under_it_and_after_it() {
        var before = rate("owing", 100, 90);
        settle(reserveAs(before), new ActualCharge(before, 130));
        reserve(rate("owing", 0, 0));

        assertThat(remaining(rate("owing", 0, 0))).isEqualTo(-30);
        assertThat(remaining(rate("owing", 10, 1))).isEqualTo(-30);
    }

    @Test
    void a_look_on_other_terms_leaves_the_bucket_as_it_was() {
        reserve(rate("glimpsed", 1_000, 900));

        look(rate("glimpsed", 10, 1));
        reserve(rate("glimpsed", 10, 1));

        assertThat(remaining(rate("glimpsed", 1_000, 1))).isEqualTo(100);
    }

    @Test
    void what_was_overdrawn_stays_owed_under_another_limit() {
        var charge = rate("owed", 100, 50);
        settle(reserveAs(charge), new ActualCharge(charge, 150));

        assertThat(remaining(rate("owed", 10, 1))).isEqualTo(-50);
        assertThat(remaining(rate("owed", 1_000, 1))).isEqualTo(850);
    }

    @Test
    void what_was_reserved_under_another_limit_is_given_back_under_the_present_one() {
        var before = rate("before", 1_000, 900);
        var id = reserveAs(before);
        release(reserveAs(rate("before", 2_000, 100)), rate("before", 2_000, 100));
        reserve(rate("before", 2_000, 100));

        settle(id, new ActualCharge(before, 400));

        assertThat(remaining(rate("before", 2_000, 1))).isEqualTo(1_500);
    }

    @Test
    void a_huge_limit_is_counted_in_coarser_ticks_and_still_exactly() {
        long capacity = 50_000_000_000L;
        reserve(rate("huge", capacity, capacity - 1_000_000_000L));

        var result = reserve(rate("huge", capacity, capacity));

        assertThat(result).isInstanceOf(Short.class);
    }

    // -- settlement

    @Test
    void use_below_the_reservation_is_given_back() {
        var charge = rate("back", 100, 80);
        var id = reserveAs(charge);

        settle(id, new ActualCharge(charge, 30));

        assertThat(remaining(charge)).isEqualTo(70);
    }

    @Test
    void use_above_the_reservation_is_taken_below_zero_if_need_be() {
        var charge = rate("over", 100, 80);
        var id = reserveAs(charge);

        settle(id, new ActualCharge(charge, 130));

        assertThat(remaining(charge)).isEqualTo(-30);
        assertThat(reserve(rate("over", 100, 1))).isInstanceOf(Short.class);
    }

    @Test
    void settling_twice_counts_once() {
        var charge = rate("twice", 100, 80);
        var id = reserveAs(charge);

        settle(id, new ActualCharge(charge, 30));
        settle(id, new ActualCharge(charge, 30));

        assertThat(remaining(charge)).isEqualTo(70);
    }

    @Test
    void a_release_gives_everything_back_once() {
        var charge = rate("released", 100, 80);
        var id = reserveAs(charge);

        release(id, charge);
        release(id, charge);

        assertThat(remaining(charge)).isEqualTo(100);
    }

    @Test
    void what_was_released_is_taken_anew_when_it_is_asked_for_again() {
        var charge = rate("released-again", 100, 80);
        var id = reserveAs(charge);
        release(id, charge);

        reserveAs(id, charge);

        assertThat(remaining(charge)).isEqualTo(20);
    }

    @Test
    void a_release_after_the_settlement_changes_nothing() {
        var charge = rate("late-release", 100, 80);
        var id = reserveAs(charge);

        settle(id, new ActualCharge(charge, 60));
        release(id, charge);

        assertThat(remaining(charge)).isEqualTo(40);
    }

    @Test
    void a_repeated_reservation_returns_the_first_answer_and_takes_nothing() {
        var charge = rate("repeated", 100, 10);
        var reservation = reservation("same", List.of(charge), List.of(), Duration.ofMinutes(1));

        var first = (Taken) await(store().reserve(reservation));
        var second = (Repeated) await(store().reserve(reservation));

        assertThat(second.expiresAt()).isEqualTo(first.expiresAt());
        assertThat(second.payload().toString()).isEqualTo("payload of same");
        assertThat(second.open()).isTrue();
        assertThat(RepeatedStandings.of(List.of(charge), second.figures())).isEqualTo(first.standings());
        assertThat(remaining(charge)).isEqualTo(90);
    }

    @Test
    void what_lapsed_is_taken_anew_when_it_is_asked_for_again() throws Exception {
        var slot = new Charge.Slot(ref("lapsing", LimitKind.PARALLEL), 1);
        var budget = money("lapsing", 60, 100);
        load(budget, 0);
        var request = reservation("lapses", List.of(slot, budget), List.of(), Duration.ofMillis(60));
        await(store().reserve(request));
        Thread.sleep(80);

        assertThat(await(store().reserve(request))).isInstanceOf(TotalsMissing.class);
        load(budget, 0);
        reserveAs("other", slot, budget);
        assertThat(await(store().reserve(request))).isInstanceOf(Short.class);
    }

    @Test
    void a_repeated_reservation_tells_that_it_was_settled() {
        var charge = rate("settled-meanwhile", 100, 10);
        var id = reserveAs(charge);
        settle(id, new ActualCharge(charge, 5));

        var again =
                (Repeated) await(store().reserve(reservation(id, List.of(charge), List.of(), Duration.ofMinutes(1))));

        assertThat(again.open()).isFalse();
    }

    @Test
    void the_payload_is_kept_for_whoever_settles() {
        reserveAs("kept", rate("p", 10, 1));

        assertThat(await(store().payloadOf(root, "kept")).toString()).isEqualTo("payload of kept");
        assertThat(await(store().payloadOf(root, "unknown"))).isNull();
    }

    // -- slots

    @Test
    void the_first_answer_is_kept_with_a_reservation() {
        var first = rate("remembered", 100, 80);
        var shadow = new Charge.Rate(ref("remembered", LimitKind.REQUESTS), 2, BucketRule.perMinute(1), true);
        reserveAs("answered", first, shadow);

        var answer = await(store().remembered(root, "answered"));

        assertThat(answer.open()).isTrue();
        assertThat(RepeatedStandings.of(List.of(first, shadow), answer.figures()))
                .extracting(Standing::isShort)
                .containsExactly(false, true);
        assertThat(await(store().remembered(root, "unknown"))).isNull();
    }

    @Test
    void parallel_slots_are_freed_by_settlement_release_and_the_end_of_the_lease() throws Exception {
        var slot = new Charge.Slot(ref("p", LimitKind.PARALLEL), 2);
        var first = reserveAs(slot);
        var second = reserveAs(slot);
        assertThat(reserve(slot)).isInstanceOf(Short.class);

        settle(first, new ActualCharge(slot, 1));
        release(second, slot);
        await(store().reserve(reservation("short", List.of(slot), List.of(), Duration.ofMillis(100))));
        reserveAs(slot);
        assertThat(reserve(slot)).isInstanceOf(Short.class);

        Thread.sleep(120);
        assertThat(reserve(slot)).isInstanceOf(Taken.class);
    }

    @Test
    void a_refusal_for_want_of_slots_says_when_the_next_lease_ends() {
        var slot = new Charge.Slot(ref("p", LimitKind.PARALLEL), 1);
        reserveAs(slot);

        var refused = (Short) reserve(slot);

        assertThat(refused.shortages().get(0).waitMicros()).isBetween(50_000_000L, 62_000_000L);
        assertThat(refused.shortages().get(0).used()).isEqualTo(1);
    }

    // -- money

    @Test
    void nothing_is_admitted_before_the_settled_total_is_known() {
        var budget = money("unknown", 30, 100);

        var result = reserve(budget);

        assertThat(((TotalsMissing) result).budgets()).containsExactly(budget);
    }

    @Test
    void settled_and_held_money_never_exceed_the_cap() {
        var budget = money("cap", 30, 100);
        load(budget, 0);

        assertThat(reserve(budget)).isInstanceOf(Taken.class);
        assertThat(reserve(budget)).isInstanceOf(Taken.class);
        assertThat(reserve(budget)).isInstanceOf(Taken.class);
        var refused = (Short) reserve(budget);

        assertThat(refused.shortages().get(0).used()).isZero();
        assertThat(refused.shortages().get(0).held()).isEqualTo(90);
        assertThat(refused.shortages().get(0).remaining()).isEqualTo(10);
    }

    @Test
    void a_refusal_for_money_that_is_held_says_when_enough_leases_end() {
        var budget = money("held", 40, 100);
        load(budget, 10);
        await(store().reserve(reservation("first", List.of(budget), List.of(), Duration.ofMinutes(1))));
        await(store().reserve(reservation("second", List.of(budget), List.of(), Duration.ofMinutes(4))));

        assertThat(waitFor(money("held", 40, 100))).isBetween(50_000_000L, 62_000_000L);
        assertThat(waitFor(money("held", 60, 100))).isBetween(230_000_000L, 248_000_000L);
        assertThat(waitFor(money("held", 91, 100))).isEqualTo(Standing.NEVER);
    }

    private long waitFor(Charge.Budget budget) {
        return ((Short) reserve(budget)).shortages().get(0).waitMicros();
    }

    @Test
    void two_hundred_concurrent_holds_fit_exactly() throws Exception {
        var budget = money("crowd", 7, 100);
        load(budget, 30);

        var results = concurrently(200, () -> reserve(budget));

        assertThat(results).filteredOn(Taken.class::isInstance).hasSize(10);
    }

    @Test
    void a_settlement_replaces_the_hold_by_the_ledgers_total() {
        var budget = money("settled", 30, 100);
        load(budget, 0);
        var id = reserveAs(budget);
        reserveAs(budget);
        reserveAs(budget);

        settle(id, new ActualCharge(budget, 5, SettledTotal.of(5)));

        var fits = (Taken) reserve(budget);
        assertThat(fits.standings().get(0).used()).isEqualTo(5);
        assertThat(fits.standings().get(0).held()).isEqualTo(90);
        assertThat(reserve(budget)).isInstanceOf(Short.class);
    }

    @Test
    void totals_only_rise_so_late_and_repeated_ones_change_nothing() {
        var budget = money("rising", 30, 100);
        load(budget, 60);
        load(budget, 20);
        settle("nobody", new ActualCharge(budget, 1, SettledTotal.of(40)));

        var result = (Short) reserve(money("rising", 50, 100));

        assertThat(result.shortages().get(0).used()).isEqualTo(60);
    }

    @Test
    void a_released_hold_counts_no_more() {
        var budget = money("gone", 90, 100);
        load(budget, 0);
        var id = reserveAs(budget);
        release(id, budget);

        assertThat(reserve(budget)).isInstanceOf(Taken.class);
    }

    @Test
    void a_lapsed_hold_counts_no_more_and_makes_the_total_be_read_again() throws Exception {
        var budget = money("lapsed", 90, 100);
        load(budget, 0);
        await(store().reserve(reservation("dies", List.of(budget), List.of(), Duration.ofMillis(60))));
        assertThat(reserve(budget)).isInstanceOf(Short.class);

        Thread.sleep(80);

        assertThat(reserve(budget)).isInstanceOf(TotalsMissing.class);
        load(budget, 8);
        var fits = (Taken) reserve(budget);
        assertThat(fits.standings().get(0).used()).isEqualTo(8);
        assertThat(fits.standings().get(0).held()).isEqualTo(90);
    }

    @Test
    void a_total_is_read_again_for_a_later_version_of_what_sets_the_budget() {
        var first = money("back", 10, 100, 1);
        load(first, 0);
        assertThat(reserve(first)).isInstanceOf(Taken.class);

        var again = money("back", 10, 100, 2);
        assertThat(reserve(again)).isInstanceOf(TotalsMissing.class);
        load(again, 85);

        assertThat(reserve(again)).isInstanceOf(Short.class);
        assertThat(reserve(money("back", 5, 100, 1)))
                .as("another key under the same budget, which has not changed since")
                .isInstanceOf(Taken.class);
    }

    @Test
    void a_late_settlement_of_a_lapsed_hold_still_raises_the_total() throws Exception {
        var budget = money("late", 10, 100);
        load(budget, 0);
        await(store().reserve(reservation("slow", List.of(budget), List.of(), Duration.ofMillis(50))));
        Thread.sleep(70);

        settle("slow", new ActualCharge(budget, 95, SettledTotal.of(95)));

        var refused = (Short) reserve(budget);
        assertThat(refused.shortages().get(0).used()).isEqualTo(95);
        assertThat(refused.shortages().get(0).held()).isZero();
    }

    @Test
    void holds_that_the_store_lost_are_put_back_once() {
        var budget = money("lost", 40, 100);

        restore("mine", Instant.now().plusSeconds(60), budget);
        restore("ended", Instant.now().minusSeconds(1), budget);
        restore("mine", Instant.now().plusSeconds(60), budget);
        load(budget, 0);

        assertThat(((Taken) reserve(budget)).standings().get(0).held()).isEqualTo(80);
    }

    @Test
    void what_is_put_back_is_held_until_the_last_end_that_anybody_remembers() {
        var budget = money("renewed", 40, 100);
        var slot = new Charge.Slot(ref("renewed", LimitKind.PARALLEL), 3);
        var last = Instant.now().plusSeconds(120).truncatedTo(ChronoUnit.MICROS);

        restore("mine", Instant.now().plusSeconds(60), budget, slot);
        restore("mine", last, budget, slot);
        restore("mine", Instant.now().plusSeconds(90), budget, slot);
        load(budget, 0);

        assertThat(await(store().remembered(root, "mine")).expiresAt()).isEqualTo(last);
        var fits = (Taken) reserve(budget, slot);
        assertThat(fits.standings().get(0).held()).isEqualTo(80);
        assertThat(fits.standings().get(1).remaining()).isEqualTo(1);
    }

    @Test
    void what_is_put_back_gives_nothing_back_to_a_bucket_that_it_took_nothing_of() {
        var rate = rate("began-anew", 100, 60);
        reserve(rate);
        restore("given back", Instant.now().plusSeconds(60), rate);
        restore("settled", Instant.now().plusSeconds(60), rate);
        restore("used more", Instant.now().plusSeconds(60), rate);

        release("given back", rate);
        settle("settled", new ActualCharge(rate, 10));
        settle("used more", new ActualCharge(rate, 70));

        assertThat(remaining(rate)).isEqualTo(30);
    }

    @Test
    void what_has_ended_is_not_put_back_for_longer() {
        var budget = money("ended", 40, 100);
        load(budget, 0);
        await(store().reserve(reservation("mine", List.of(budget), List.of(), Duration.ofMinutes(1))));
        settle("mine", new ActualCharge(budget, 10, SettledTotal.of(10)));

        restore("mine", Instant.now().plusSeconds(120), budget);

        assertThat(((Taken) reserve(budget)).standings().get(0).held()).isEqualTo(40);
    }

    @Test
    void holds_put_back_after_the_total_was_loaded_count_as_well() {
        var budget = money("lost-late", 40, 100);
        load(budget, 0);

        restore("mine", Instant.now().plusSeconds(60), money("lost-late", 70, 100));

        assertThat(((Short) reserve(budget)).shortages().get(0).held()).isEqualTo(70);
    }

    @Test
    void a_reservation_that_was_put_back_is_freed_by_its_settlement() {
        var budget = money("restored", 60, 100);
        var slot = new Charge.Slot(ref("restored", LimitKind.PARALLEL), 1);
        restore("mine", Instant.now().plusSeconds(60), budget, slot);
        load(budget, 0);
        assertThat(reserve(slot)).isInstanceOf(Short.class);

        settle("mine", new ActualCharge(budget, 10, SettledTotal.of(10)), new ActualCharge(slot, 1));

        var fits = (Taken) reserve(budget, slot);
        assertThat(fits.standings().get(0).used()).isEqualTo(10);
        assertThat(fits.standings().get(0).held()).isEqualTo(60);
    }

    @Test
    void a_total_that_a_settlement_brings_is_not_enough_to_admit_after_a_loss() {
        var budget = money("flushed", 10, 100);

        settle("of somebody else", new ActualCharge(budget, 5, SettledTotal.of(5)));

        // holds of other instances may not be back yet
        assertThat(reserve(budget)).isInstanceOf(TotalsMissing.class);
    }

    @Test
    void a_hold_that_lapses_while_the_total_is_read_makes_it_be_read_again() throws Exception {
        var budget = money("overtaken", 10, 100);
        var missing = (TotalsMissing) reserve(budget);
        load(budget, 0);
        await(store().reserve(reservation("dies", List.of(budget), List.of(), Duration.ofMillis(40))));
        Thread.sleep(60);

        await(store().load(root, budget, SettledTotal.of(0), missing.asOfMicros()));

        assertThat(reserve(budget)).isInstanceOf(TotalsMissing.class);
    }

    @Test
    void an_adjustment_lowers_a_total_and_figures_from_before_it_do_not_come_back() {
        var budget = money("adjusted", 10, 100);
        load(budget, 95);
        assertThat(reserve(budget)).isInstanceOf(Short.class);

        settle("adjustment", new ActualCharge(budget, 0, new SettledTotal(1, 50)));
        settle("late", new ActualCharge(budget, 0, new SettledTotal(0, 99)));

        assertThat(((Taken) reserve(budget)).standings().get(0).used()).isEqualTo(50);
    }

    @Test
    void windows_of_one_start_are_told_apart_by_their_length_and_kind() {
        var day = new BudgetPeriod.Window("1d", Instant.now(), Instant.now().plusSeconds(86_400));
        var week = new BudgetPeriod.Window("7d", day.start(), day.start().plusSeconds(604_800));
        var daily = new Charge.Budget(ref("many", LimitKind.BUDGET), 60, 100, Charge.UNLIMITED, day);
        var weekly = new Charge.Budget(ref("many", LimitKind.BUDGET), 60, 1_000, Charge.UNLIMITED, week);
        var tokens = new Charge.Budget(ref("many", LimitKind.TOKEN_BUDGET), 7, 10, Charge.UNLIMITED, day);
        load(daily, 0);
        load(weekly, 500);
        load(tokens, 1);

        var all = (Taken) reserve(daily, weekly, tokens);

        assertThat(all.standings()).extracting(Standing::used).containsExactly(0L, 500L, 1L);
        assertThat(((Short) reserve(daily, weekly, tokens)).shortages())
                .extracting(Standing::charge)
                .containsExactly(daily, tokens);
    }

    // -- leases

    @Test
    void an_extension_renews_slots_and_holds() throws Exception {
        var budget = money("extended", 60, 100);
        var slot = new Charge.Slot(ref("extended", LimitKind.PARALLEL), 1);
        load(budget, 0);
        await(store().reserve(reservation("long", List.of(budget, slot), List.of(), Duration.ofMillis(300))));

        var ends = extend("long", budget, slot);

        assertThat(ends).get().satisfies(end -> assertThat(end)
                .isAfter(Instant.now().plusSeconds(50)));
        Thread.sleep(350);
        assertThat(((Short) reserve(budget, slot)).shortages()).hasSize(2);
        settle("long", new ActualCharge(budget, 1, SettledTotal.of(1)), new ActualCharge(slot, 1));
        assertThat(((Taken) reserve(budget, slot)).standings().get(0).held()).isEqualTo(60);
    }

    @Test
    void what_has_ended_or_lapsed_cannot_be_extended() throws Exception {
        var slot = new Charge.Slot(ref("ended", LimitKind.PARALLEL), 5);
        await(store().reserve(reservation("lapsed", List.of(slot), List.of(), Duration.ofMillis(30))));
        var released = reserveAs(slot);
        release(released, slot);
        Thread.sleep(50);

        assertThat(extend("lapsed", slot)).isEmpty();
        assertThat(extend(released, slot)).isEmpty();
        assertThat(extend("unknown", slot)).isEmpty();
    }

    // -- attempts

    @Test
    void what_one_of_the_attempts_has_taken_is_undone_and_nothing_else() {
        var slot = new Charge.Slot(ref("attempts", LimitKind.PARALLEL), 5);
        var rate = new Charge.Rate(ref("attempts", LimitKind.TOKENS), 10, BucketRule.of(100, Duration.ofHours(1)));
        var all = List.<Charge>of(slot, rate);
        var at = Instant.now();
        for (var seconds : List.of(-1, 0, 5, 10, 11)) {
            var payload = Buffer.buffer(new byte[3])
                    .appendLong(at.plusSeconds(seconds).toEpochMilli())
                    .appendString("and more");
            await(store().reserve(new Reservation(
                    root, "at" + seconds, List.of(), all, Duration.ofMinutes(1), Duration.ofMinutes(1), payload)));
        }

        var attempts = Attempts.between(at, at.plusSeconds(10));
        for (var seconds : List.of(-1, 0, 5, 10, 11)) {
            await(store().undo(root, "at" + seconds, all, attempts));
            await(store().undo(root, "at" + seconds, all, attempts));
        }
        await(store().undo(root, reserveAs(slot), List.of(slot), attempts));

        assertThat(((ReserveResult.Looked) look(slot, rate)).standings())
                .extracting(Standing::remaining)
                .containsExactly(2L, 80L);
        assertThat(await(store().remembered(root, "at-1")).open()).isTrue();
        assertThat(await(store().remembered(root, "at11")).open()).isTrue();
    }

    // -- looking and shadow mode

    @Test
    void a_look_shows_everything_and_takes_nothing() {
        var rate = rate("looked", 100, 10);
        var slot = new Charge.Slot(ref("looked", LimitKind.PARALLEL), 2);
        var budget = money("looked", 101, 100);
        load(budget, 20);

        var first = (ReserveResult.Looked) look(rate, slot, budget);
        var second = (ReserveResult.Looked) look(rate, slot, budget);

        assertThat(first.standings()).extracting(Standing::remaining).containsExactly(100L, 2L, 80L);
        assertThat(first.standings()).extracting(Standing::refuses).containsExactly(false, false, true);
        assertThat(second.standings()).extracting(Standing::remaining).containsExactly(100L, 2L, 80L);
    }

    @Test
    void a_limit_in_shadow_mode_is_counted_and_reported_and_never_refuses() {
        var rate = new Charge.Rate(ref("shadow", LimitKind.TOKENS), 60, BucketRule.of(100, Duration.ofDays(7)), true);
        var slot = new Charge.Slot(ref("shadow", LimitKind.PARALLEL), 1, true);
        var budget = new Charge.Budget(
                ref("shadow", LimitKind.BUDGET), 60, 100, Charge.UNLIMITED, BudgetPeriod.LIFETIME, true, null);
        load(budget, 0);
        assertThat(((Taken) reserve(rate, slot, budget)).standings())
                .extracting(Standing::isShort)
                .containsExactly(false, false, false);

        var second = (Taken) reserve(rate, slot, budget);

        assertThat(second.standings()).extracting(Standing::isShort).containsExactly(true, true, true);
        assertThat(second.standings()).extracting(Standing::remaining).containsExactly(40L, -1L, -20L);
    }

    @Test
    void a_bucket_in_shadow_mode_would_refuse_exactly_what_it_refuses_when_enforced() {
        var rule = BucketRule.of(100, Duration.ofDays(7));
        for (long amount : new long[] {60, 60, 30, 60, 500, 10, 1}) {
            var enforced = reserve(new Charge.Rate(ref("enforced", LimitKind.TOKENS), amount, rule));
            var shadow = (Taken) reserve(new Charge.Rate(ref("in-shadow", LimitKind.TOKENS), amount, rule, true));

            assertThat(shadow.standings().get(0).isShort()).isEqualTo(enforced instanceof Short);
        }
    }

    @Test
    void what_a_bucket_in_shadow_mode_would_have_refused_is_not_corrected_either() {
        var rule = BucketRule.of(100, Duration.ofDays(7));
        var fits = new Charge.Rate(ref("shadowed", LimitKind.TOKENS), 60, rule, true);
        var settledAsMore = reserveAs(fits);
        var settledAsLess = reserveAs(fits);
        var released = reserveAs(fits);

        settle(settledAsLess, new ActualCharge(fits, 10));
        release(released, fits);
        assertThat(remaining(fits)).isEqualTo(40);

        settle(settledAsMore, new ActualCharge(fits, 70));
        assertThat(remaining(fits)).isEqualTo(30);
    }

    @Test
    void the_limits_of_one_model_are_another_balance() {
        var all = new Charge.Rate(ref("m", LimitKind.REQUESTS), 1, BucketRule.of(2, Duration.ofDays(7)));
        var one = new Charge.Rate(
                new LimitRef(ResourceKind.KEY, "m", LimitKind.REQUESTS, "gpt-4o"),
                1,
                BucketRule.of(1, Duration.ofDays(7)));

        assertThat(reserve(one, all)).isInstanceOf(Taken.class);
        assertThat(((Short) reserve(one, all)).shortages())
                .extracting(Standing::charge)
                .containsExactly(one);
        assertThat(reserve(all)).isInstanceOf(Taken.class);
    }

    @Test
    void a_budget_without_a_cap_is_counted_and_never_refuses() {
        var soft = new Charge.Budget(ref("soft", LimitKind.BUDGET), 60, Charge.UNLIMITED, 100, BudgetPeriod.LIFETIME);
        load(soft, 50);

        var result = (Taken) reserve(soft);

        assertThat(result.standings().get(0).overSoft()).isTrue();
        assertThat(result.standings().get(0).remaining()).isEqualTo(Charge.UNLIMITED);
    }

    @Test
    void what_is_only_held_is_never_short_and_its_total_is_read_before_it_is_asked() {
        var asked = money("held-only", 10, 100);
        var held = asked.unasked();
        var first = reserveAs(held);
        assertThat(reserve(asked)).isInstanceOf(TotalsMissing.class);
        load(asked, 20);
        assertThat(((Taken) reserve(asked)).standings().get(0).held()).isEqualTo(20);

        var second = reserveAs(money("held-only", 500, 100).unasked());
        settle(first, new ActualCharge(held, 7, SettledTotal.of(27)));
        release(second, money("held-only", 500, 100).unasked());

        assertThat(reserve(asked)).isInstanceOf(TotalsMissing.class);
        load(asked, 27);
        var standing = ((Taken) reserve(asked)).standings().get(0);
        assertThat(standing.used()).isEqualTo(27);
        assertThat(standing.held()).isEqualTo(20);
    }

    @Test
    void what_is_only_held_where_others_ask_leaves_their_total_known_until_a_lease_lapses() throws Exception {
        var asked = money("asked-by-others", 10, 100);
        reserve(asked.askedByOthers());
        assertThat(reserve(asked)).isInstanceOf(TotalsMissing.class);
        load(asked, 20);

        var brief = List.<Charge>of(asked.askedByOthers());
        await(store().reserve(reservation("brief", brief, List.of(), Duration.ofMillis(60))));
        assertThat(((Taken) reserve(asked)).standings().get(0).held()).isEqualTo(30);

        Thread.sleep(80);
        reserve(asked.askedByOthers());
        assertThat(reserve(asked)).isInstanceOf(TotalsMissing.class);
    }

    @Test
    void a_look_at_what_is_only_held_leaves_its_total_known() {
        var asked = money("looked-held", 10, 100);
        load(asked, 20);

        look(asked.unasked());

        assertThat(reserve(asked)).isInstanceOf(Taken.class);
    }

    @Test
    void windows_of_one_scope_do_not_know_each_other() {
        long midnight = Instant.now().getEpochSecond() / 86_400 * 86_400;
        var today = new BudgetPeriod.Window(
                "1d", Instant.ofEpochSecond(midnight), Instant.ofEpochSecond(midnight + 86_400));
        var tomorrow = new BudgetPeriod.Window("1d", today.end(), today.end().plusSeconds(86_400));
        var old = new Charge.Budget(ref("w", LimitKind.BUDGET), 90, 100, Charge.UNLIMITED, today);
        var next = new Charge.Budget(ref("w", LimitKind.BUDGET), 90, 100, Charge.UNLIMITED, tomorrow);
        load(old, 0);
        load(next, 0);

        assertThat(reserve(old)).isInstanceOf(Taken.class);
        assertThat(reserve(next)).isInstanceOf(Taken.class);
        assertThat(reserve(old)).isInstanceOf(Short.class);
    }

    @Test
    void a_refusal_for_any_limit_leaves_money_slots_and_rates_as_they_were() {
        var rate = rate("all", 100, 10);
        var slot = new Charge.Slot(ref("all", LimitKind.PARALLEL), 1);
        var budget = money("all", 10, 100);
        load(budget, 0);
        var tooMuch = money("all", 101, 100);

        assertThat(reserve(rate, slot, tooMuch)).isInstanceOf(Short.class);

        var all = (Taken) reserve(rate, slot, budget);
        assertThat(all.standings().get(0).remaining()).isEqualTo(90);
        assertThat(all.standings().get(1).used()).isEqualTo(1);
        assertThat(all.standings().get(2).held()).isEqualTo(10);
    }

    // -- versions

    @Test
    void a_repeated_reservation_is_not_answered_by_an_outdated_policy() {
        var charge = rate("outdated", 10, 1);
        var old = new ObjectVersion(ResourceKind.KEY, "outdated", 3);
        await(store().publish(root, List.of(old)));
        var request = reservation("again", List.of(charge), List.of(old), Duration.ofMinutes(1));
        await(store().reserve(request));

        await(store().publish(root, List.of(new ObjectVersion(ResourceKind.KEY, "outdated", 4))));

        assertThat(await(store().reserve(request))).isInstanceOf(Stale.class);
    }

    @Test
    void an_outdated_or_unknown_version_takes_nothing() {
        var charge = rate("versioned", 10, 10);
        var version = new ObjectVersion(ResourceKind.TEAM, "t", 7);

        assertThat(await(store().reserve(reservation("v1", List.of(charge), List.of(version), Duration.ofMinutes(1)))))
                .isInstanceOf(Stale.class);

        await(store().publish(root, List.of(version)));
        assertThat(await(store().isCurrent(root, List.of(version)))).isTrue();
        assertThat(await(store().reserve(reservation("v2", List.of(charge), List.of(version), Duration.ofMinutes(1)))))
                .isInstanceOf(Taken.class);

        await(store().publish(root, List.of(new ObjectVersion(ResourceKind.TEAM, "t", 9))));
        await(store().publish(root, List.of(version)));
        assertThat(await(store().isCurrent(root, List.of(version)))).isFalse();
        assertThat(await(store().reserve(reservation("v3", List.of(charge), List.of(version), Duration.ofMinutes(1)))))
                .isInstanceOf(Stale.class);
    }

    // -- words of these tests

    private static LimitRef ref(String id, LimitKind kind) {
        return new LimitRef(ResourceKind.KEY, id, kind, null);
    }

    /** An hour's window: refilling during a test is less than a token. */
    private static Charge.Rate rate(String id, long capacity, long tokens) {
        return new Charge.Rate(ref(id, LimitKind.TOKENS), tokens, BucketRule.of(capacity, Duration.ofDays(7)));
    }

    private static Charge.Budget money(String id, long amount, long cap) {
        return new Charge.Budget(ref(id, LimitKind.BUDGET), amount, cap, Charge.UNLIMITED, BudgetPeriod.LIFETIME);
    }

    private static Charge.Budget money(String id, long amount, long cap, long version) {
        return new Charge.Budget(
                ref(id, LimitKind.BUDGET), amount, cap, Charge.UNLIMITED, BudgetPeriod.LIFETIME, false, null, version);
    }

    private Reservation reservation(String id, List<Charge> charges, List<ObjectVersion> versions, Duration lease) {
        return new Reservation(
                root, id, versions, charges, lease, Duration.ofMinutes(1), Buffer.buffer("payload of " + id));
    }

    private ReserveResult reserve(Charge... charges) {
        var id = UUID.randomUUID().toString();
        return await(store().reserve(reservation(id, List.of(charges), List.of(), Duration.ofMinutes(1))));
    }

    private String reserveAs(Charge... charges) {
        return reserveAs(UUID.randomUUID().toString(), charges);
    }

    private String reserveAs(String id, Charge... charges) {
        var result = await(store().reserve(reservation(id, List.of(charges), List.of(), Duration.ofMinutes(1))));
        assertThat(result).isInstanceOf(Taken.class);
        return id;
    }

    private void settle(String id, ActualCharge... used) {
        await(store().settle(root, id, List.of(used)));
    }

    private void release(String id, Charge... charges) {
        await(store().release(root, id, List.of(charges)));
    }

    private void load(Charge.Budget budget, long total) {
        await(store().load(root, budget, SettledTotal.of(total), RedisLimitStore.micros(Instant.now())));
    }

    private void restore(String id, Instant expiresAt, Charge... charges) {
        await(store().restore(new OpenReservation(
                root, id, List.of(charges), expiresAt, Duration.ofMinutes(1), Buffer.buffer("payload of " + id))));
    }

    private java.util.Optional<Instant> extend(String id, Charge... charges) {
        return await(store().extend(root, id, List.of(charges), Duration.ofMinutes(1), Duration.ofMinutes(1)));
    }

    private ReserveResult look(Charge... charges) {
        return await(store().look(reservation("look", List.of(charges), List.of(), Duration.ofMinutes(1))));
    }

    /** Asks for more than there is and reads what is left. */
    private long remaining(Charge.Rate charge) {
        var more = new Charge.Rate(charge.limit(), charge.rule().capacity() + 1, charge.rule());
        return ((Short) reserve(more)).shortages().get(0).remaining();
    }

    static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(5));
    }

    private static <T> List<T> concurrently(int callers, Callable<T> call) throws Exception {
        var pool = Executors.newFixedThreadPool(16);
        try {
            var results = new java.util.ArrayList<T>();
            for (var future : pool.invokeAll(java.util.Collections.nCopies(callers, call))) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
