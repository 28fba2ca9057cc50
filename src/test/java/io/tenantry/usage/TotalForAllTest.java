package io.tenantry.usage;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Looked;
import io.tenantry.limits.engine.ReserveResult.TotalsMissing;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One budget that all requests of all tenants draw from: its total follows everything, whichever instance books it. This one has no such budget. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class TotalForAllTest {

    private static final TenantRoot ROOT = new TenantRoot(ResourceKind.GLOBAL, "global");
    private static final long BILLION = 1_000_000_000;

    @Inject
    LimitStore store;

    @Inject
    SpendTotals totals;

    private final Charge.Budget month = budget(null);
    private final Charge.Budget monthOfModel = budget("gpt-4o");

    private final Charge.Budget lifetime = budget(null, BudgetPeriod.LIFETIME);

    private static Charge.Budget budget(String model) {
        return budget(model, BudgetPeriod.windowAt("1mo", Instant.now(), ZoneOffset.UTC));
    }

    private static Charge.Budget budget(String model, BudgetPeriod.Window window) {
        var limit = new LimitRef(ResourceKind.GLOBAL, "global", LimitKind.BUDGET, model);
        return new Charge.Budget(limit, 0, Charge.UNLIMITED, Charge.UNLIMITED, window);
    }

    @AfterEach
    void forget() {
        StoreAccess.execute("delete from spend_total where scope_kind like 'global%'");
        try (var redis = StoreAccess.redis()) {
            redis.call(
                    "DEL",
                    "t1:{global:global}:balance3:global:global",
                    "t1:{global:global}:balance3:global:global:gpt-4o");
        }
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(10));
    }

    private ReserveResult look() {
        return await(store.look(new Reservation(
                ROOT,
                "look",
                List.of(),
                List.of(month, monthOfModel),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Buffer.buffer())));
    }

    /** As another instance would, that has such a budget. */
    private void begin() {
        var missing = (TotalsMissing) look();
        var read = await(totals.of(missing.budgets()));
        for (int i = 0; i < read.size(); i++) {
            await(store.load(ROOT, missing.budgets().get(i), read.get(i), missing.asOfMicros()));
        }
    }

    private List<Long> inRedis() {
        return ((Looked) look())
                .standings().stream().map(standing -> standing.used()).toList();
    }

    private List<Long> inLedger() {
        return await(totals.of(List.of(month, monthOfModel))).stream()
                .map(total -> total.amount())
                .toList();
    }

    private static String admission(String key, Object... fields) {
        return Api.asMaster().create("/v1/admissions", request(key, fields)).getString("admission_id");
    }

    private static void settle(String admission, Object... fields) {
        Api.asMaster().create("/v1/admissions/" + admission + "/settlement", Given.body(fields));
    }

    private static void adjust(Object... fields) {
        var body = Given.body("reason", "goodwill");
        body.putAll(Given.body(fields));
        Api.asMaster().create("/v1/adjustments", body);
    }

    @Test
    void uses_later_settlements_and_adjustments_of_any_instance_go_into_it() {
        begin();
        var before = inLedger();
        var team = Given.team();
        var key = Given.key("team_id", team);
        var request = request(key);
        var admission = Api.asMaster().create("/v1/admissions", request).getString("admission_id");

        settle(admission, "cost_usd", 1, "partial", true);
        settle(admission, "cost_usd", 3);
        assertThat(inLedger()).containsExactly(before.get(0) + 3 * BILLION, before.get(1) + 3 * BILLION);

        adjust("request_id", request.get("request_id"), "amount_usd", -2);
        assertThat(inLedger()).containsExactly(before.get(0) + BILLION, before.get(1) + BILLION);
        assertThat(inRedis()).isEqualTo(inLedger());

        adjust("team_id", team, "amount_usd", -0.5);
        assertThat(inLedger()).containsExactly(before.get(0) + BILLION / 2, before.get(1) + BILLION);
        assertThat(inRedis()).isEqualTo(inLedger());
    }

    /** The instance that books has no budget for all; it is held up by somebody else between its look for the total and its commit. */
    @Test
    void a_booking_that_is_under_way_when_it_begins_is_in_it() throws Exception {
        var key = Given.key();
        settle(admission(key), "cost_usd", 1);
        var late = Api.asMaster().create("/v1/admissions", request(key));
        var before = inLedgerItself();
        try (var other = StoreAccess.database()) {
            other.setAutoCommit(false);
            lockTotalOf(late.getString("key_id"), other);
            var booking = CompletableFuture.runAsync(() -> settle(late.getString("admission_id"), "cost_usd", 2));
            waitUntil(() -> waitingForLocks() == 1);
            var beginning = CompletableFuture.runAsync(this::begin);
            waitUntil(() -> beginning.isDone() || waitingForLocks() == 2);
            other.commit();
            CompletableFuture.allOf(booking, beginning).get(10, TimeUnit.SECONDS);
        }

        assertThat(inLedger().get(0)).isEqualTo(before + 2 * BILLION).isEqualTo(inLedgerItself());
    }

    /** And one that comes while it is summed up is added to it. */
    @Test
    void a_booking_that_comes_while_it_begins_is_in_it() throws Exception {
        var key = Given.key();
        var admission = admission(key);
        var before = inLedgerItself();
        try (var other = StoreAccess.database();
                var seeding = other.prepareStatement(
                        "select seed_total('global', 'global', '1mo', to_timestamp(?), to_timestamp(?))")) {
            other.setAutoCommit(false);
            seeding.setLong(1, month.window().start().getEpochSecond());
            seeding.setLong(2, month.window().end().getEpochSecond());
            seeding.execute();
            var booking = CompletableFuture.runAsync(() -> settle(admission, "cost_usd", 2));
            waitUntil(() -> booking.isDone() || waitingForLocks() == 1);
            other.commit();
            booking.get(10, TimeUnit.SECONDS);
        }

        assertThat(inLedger().get(0)).isEqualTo(before + 2 * BILLION).isEqualTo(inLedgerItself());
    }

    /** The instance that books has a budget for all; this one asks for its total, for the first time, while the booking is under way. */
    @Test
    void a_lifetime_that_is_first_asked_for_while_a_booking_begins_it_has_that_booking() throws Exception {
        var keyId =
                Api.asMaster().create("/v1/admissions", request(Given.key())).getString("key_id");
        try (var other = StoreAccess.database();
                var booking = other.prepareStatement("select book_usage(cast(? as jsonb))")) {
            other.setAutoCommit(false);
            booking.setString(1, "[" + use(keyId, "first", "{\"kind\": \"global\", \"id\": \"global\"}") + "]");
            booking.execute();
            var asked = CompletableFuture.supplyAsync(() -> await(totals.of(List.of(lifetime))));
            waitUntil(() -> asked.isDone() || waitingForLocks() == 1);
            other.commit();

            assertThat(asked.get(10, TimeUnit.SECONDS).get(0).amount()).isEqualTo(BILLION);
        }
    }

    @Test
    void a_lifetime_counts_what_any_instance_books_from_the_first_question_on() {
        assertThat(await(totals.of(List.of(lifetime))).get(0).amount()).isZero();

        settle(admission(Given.key()), "cost_usd", 2);

        assertThat(await(totals.of(List.of(lifetime))).get(0).amount()).isEqualTo(2 * BILLION);
    }

    private static void lockTotalOf(String keyId, Connection connection) throws SQLException {
        try (var lock = connection.prepareStatement(
                "select from spend_total where scope_kind = 'key' and scope_id = ? and period = 'lifetime' for update")) {
            lock.setString(1, keyId);
            lock.execute();
        }
    }

    private static long waitingForLocks() {
        return Long.parseLong(
                StoreAccess.queryOne("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"));
    }

    private static void waitUntil(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 1_000 && !condition.getAsBoolean(); i++) {
            Thread.sleep(5);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private long inLedgerItself() {
        return Long.parseLong(StoreAccess.queryOne(
                "select (ledger_sum('global', 'global', to_timestamp(?), to_timestamp(?))).spend",
                month.window().start().getEpochSecond(),
                month.window().end().getEpochSecond()));
    }

    /** Nobody remembers what the one was admitted with; the other was admitted under a budget for all. They are booked together. */
    @Test
    void uses_that_do_not_name_it_are_in_it_beside_those_that_do() {
        begin();
        var before = inLedger();
        var admitted = Api.asMaster().create("/v1/admissions", request(Given.key()));

        book(
                use(admitted.getString("key_id"), "one", "{\"kind\": \"global\", \"id\": \"global\"}"),
                use(admitted.getString("key_id"), "other", ""));

        assertThat(inLedger()).containsExactly(before.get(0) + 2 * BILLION, before.get(1) + 2 * BILLION);
        assertThat(inLedger().get(0)).isEqualTo(inLedgerItself());
    }

    private static void book(String... uses) {
        StoreAccess.queryOne("select book_usage(cast(? as jsonb))::text", "[" + String.join(",", uses) + "]");
    }

    private static String use(String keyId, String requestId, String scopes) {
        return """
                {"day": "%s", "request_id": "%s", "key_id": "%s", "api_key": "hash", "model": "gpt-4o", "provider": "", "input_tokens": 1, "output_tokens": 1,
                 "total_tokens": 2, "cost_nano": %d, "status": "success", "partial": false, "tags": [], "admitted_at": "%s", "scopes": [%s]}""".formatted(LocalDate.now(ZoneOffset.UTC), requestId, keyId, BILLION, Instant.now(), scopes);
    }

    @Test
    void where_it_is_not_kept_nothing_begins_it() {
        var key = Given.key();
        settle(admission(key), "cost_usd", 1);

        adjust("key", key, "amount_usd", -0.5);

        assertThat(StoreAccess.queryOne("select count(*)::text from spend_total where scope_kind = 'global'"))
                .isEqualTo("0");
    }

    @Test
    void what_is_raised_or_adjusted_is_what_the_ledger_holds() {
        begin();
        var key = Given.key();
        settle(admission(key), "cost_usd", 0.25);
        adjust("key", key, "amount_usd", 0.125);

        assertThat(inLedgerItself()).isEqualTo(inLedger().get(0));
    }
}
