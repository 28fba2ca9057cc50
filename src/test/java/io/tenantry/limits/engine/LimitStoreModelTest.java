package io.tenantry.limits.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.ReserveResult.Looked;
import io.tenantry.limits.engine.ReserveResult.Stale;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.ReserveResult.TotalsMissing;
import io.tenantry.platform.redis.RedisCalls;
import io.tenantry.platform.redis.RedisScript;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.RedisProbe;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Redis' scripts against a plain model in Java, on one simulated clock: random steps, and after each of them every counter of every limit must be
 * the same to the unit, and nothing may be over its cap. A failure names its seed: {@code -Dtenantry.model.seed=… -Dtenantry.model.steps=…} plays
 * it again.
 */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class LimitStoreModelTest {

    private static final int STEPS = Integer.getInteger("tenantry.model.steps", 100_000);
    private static final String CLOCK = "model:clock";
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
    private static final Duration LEASE = Duration.ofSeconds(64);
    private static final Duration MEMORY = Duration.ofDays(3_650);
    private static final int MOST_OPEN = 40;

    @Inject
    RedisCalls calls;

    @Inject
    EngineConfig config;

    private final TenantRoot root = new TenantRoot(ResourceKind.ORGANIZATION, "model-" + UUID.randomUUID());
    private final Map<String, long[]> ledger = new HashMap<>();
    private final List<Open> open = new ArrayList<>();
    private final long[] capacities = new long[8];
    private RedisProbe redis;
    private Random random;
    private RedisLimitStore scripts;
    private InMemoryLimitStore model;
    private long now = RedisLimitStore.micros(Instant.parse("2026-03-28T20:00:00Z"));
    private long version = 1;
    private int admitted;
    private int refused;

    /** An admission that its owner remembers. */
    private record Open(String id, List<Charge> charges, Instant expiresAt) {}

    @Test
    void every_counter_equals_the_models_after_every_step() {
        long seed = Long.getLong("tenantry.model.seed", System.nanoTime());
        random = new Random(seed);
        scripts = new RedisLimitStore(calls, patient(), LimitStoreModelTest::onSimulatedClock);
        model = new InMemoryLimitStore(() -> now, 10);
        try (var probe = StoreAccess.redis()) {
            redis = probe;
            changeLimits();
            tick(0);
            publish();
            for (int step = 0; step < STEPS; step++) {
                try {
                    step();
                    compare();
                } catch (AssertionError | RuntimeException different) {
                    throw new AssertionError("seed " + seed + ", step " + step, different);
                }
            }
            forgetEverything();
            redis.call("DEL", CLOCK);
        }
        System.out.printf("model test: seed %d, %d steps, %d admitted, %d refused%n", seed, STEPS, admitted, refused);
        assertThat(admitted).isPositive();
        assertThat(refused).isPositive();
    }

    /** What is tested here is arithmetic: a busy machine must not look like an outage. */
    private EngineConfig patient() {
        return new EngineConfig() {
            @Override
            public Duration timeout() {
                return Duration.ofSeconds(4);
            }

            @Override
            public WhenUnavailable whenUnavailable() {
                return config.whenUnavailable();
            }

            @Override
            public Duration spendLifetime() {
                return config.spendLifetime();
            }

            @Override
            public int localTenants() {
                return config.localTenants();
            }
        };
    }

    private static RedisScript onSimulatedClock(RedisScript script) {
        return RedisScript.of(
                script.name(),
                script.source().replace("redis.call('TIME')", "{0, redis.call('GET', '" + CLOCK + "')}"));
    }

    private void step() {
        switch (random.nextInt(100)) {
            case 0 -> changeLimits();
            case 1 -> outdate();
            case 2 -> loseRedis();
            case 3 -> restart();
            case 4, 5 -> adjust();
            case 6, 7, 8 -> tick(random.nextInt(70_000_000)); // leases lapse
            case 9 -> tick(random.nextInt(4) * 3_600_000_000L); // periods roll, clocks change
            case 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 -> tick(random.nextInt(2_000_000));
            case 20, 21, 22, 23, 24, 25, 26, 27, 28, 29 -> withOpen(this::release);
            case 30, 31, 32, 33, 34 -> withOpen(this::extend);
            case 35, 36, 37 -> withOpen(this::repeat);
            default -> {
                if (open.size() >= MOST_OPEN || random.nextInt(3) == 0) {
                    withOpen(this::settle);
                } else {
                    admit();
                }
            }
        }
    }

    // -- steps

    private void admit() {
        var id = UUID.randomUUID().toString();
        var charges = charges(random.nextInt(3), random.nextBoolean() ? "gpt-4o" : "o3", true);
        var result = reserve(id, charges);
        if (result instanceof Taken taken) {
            admitted++;
            open.add(new Open(id, charges, taken.expiresAt()));
        } else {
            refused++;
        }
    }

    private ReserveResult reserve(String id, List<Charge> charges) {
        var reservation = new Reservation(root, id, versions(), charges, LEASE, MEMORY, "payload of " + id);
        for (int loads = 0; ; loads++) {
            var result = both(store -> store.reserve(reservation));
            if (!(result instanceof TotalsMissing missing)) {
                assertThat(result).isNotInstanceOf(Stale.class);
                return result;
            }
            assertThat(loads).isLessThan(2);
            load(missing);
        }
    }

    private void load(TotalsMissing missing) {
        for (var budget : missing.budgets()) {
            both(store -> store.load(root, budget, total(budget), missing.asOfMicros()));
        }
    }

    private void settle(Open admission) {
        var used = new ArrayList<ActualCharge>();
        for (var charge : admission.charges()) {
            long amount = charge.amount() == 0 ? 0 : random.nextLong(2 * charge.amount() + 1);
            if (charge instanceof Charge.Budget budget) {
                ledgerOf(budget)[1] += amount;
                used.add(new ActualCharge(charge, amount, total(budget)));
            } else {
                boolean counted = charge.limit().kind() == LimitKind.TOKENS;
                used.add(new ActualCharge(charge, counted ? amount : charge.amount()));
            }
        }
        both(store -> store.settle(root, admission.id(), used));
        if (random.nextInt(4) == 0) {
            both(store -> store.settle(root, admission.id(), used)); // twice
        }
        if (random.nextInt(20) != 0) {
            open.remove(admission); // else it is settled or released once more later
        }
    }

    private void release(Open admission) {
        both(store -> store.release(root, admission.id(), admission.charges()));
        open.remove(admission);
    }

    private void extend(Open admission) {
        var ends = both(store -> store.extend(root, admission.id(), admission.charges(), LEASE, MEMORY));
        ends.ifPresent(end ->
                open.replaceAll(other -> other == admission ? new Open(other.id(), other.charges(), end) : other));
    }

    private void repeat(Open admission) {
        var again = new Reservation(
                root, admission.id(), versions(), admission.charges(), LEASE, MEMORY, "payload of " + admission.id());
        both(store -> store.reserve(again));
        both(store -> store.payloadOf(root, admission.id()));
    }

    /** A refund: the total goes down, and older figures must not bring it back. */
    private void adjust() {
        var budgets = charges(random.nextInt(3), "gpt-4o", false).stream()
                .filter(Charge.Budget.class::isInstance)
                .map(Charge.Budget.class::cast)
                .toList();
        var budget = budgets.get(random.nextInt(budgets.size()));
        var before = total(budget);
        var entry = ledgerOf(budget);
        entry[0]++;
        entry[1] = Math.max(0, entry[1] - random.nextInt(50));
        both(store -> store.settle(root, "adjustment", List.of(new ActualCharge(budget, 0, total(budget)))));
        both(store -> store.settle(root, "late", List.of(new ActualCharge(budget, 0, before))));
    }

    private void changeLimits() {
        for (int i = 0; i < capacities.length; i++) {
            capacities[i] = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(i < 4 ? 400 : 12);
        }
    }

    /** A policy changed: nothing is admitted by the old one. */
    private void outdate() {
        var outdated = versions();
        version++;
        publish();
        var reservation = new Reservation(
                root, UUID.randomUUID().toString(), outdated, charges(0, "o3", false), LEASE, MEMORY, "");
        ReserveResult result = both(store -> store.reserve(reservation));
        assertThat(result).isInstanceOf(Stale.class);
    }

    private void loseRedis() {
        forgetEverything();
        publish();
        for (var admission : open) {
            both(store -> store.restore(new OpenReservation(
                    root,
                    admission.id(),
                    admission.charges(),
                    admission.expiresAt(),
                    MEMORY,
                    "payload of " + admission.id())));
        }
    }

    /** An instance died: nobody remembers its admissions, their leases end by themselves. */
    private void restart() {
        open.removeIf(admission -> random.nextBoolean());
    }

    private void withOpen(java.util.function.Consumer<Open> action) {
        if (!open.isEmpty()) {
            action.accept(open.get(random.nextInt(open.size())));
        }
    }

    private void tick(long micros) {
        now += micros;
        redis.call("SET", CLOCK, Long.toString(now));
    }

    private void publish() {
        both(store -> store.publish(root, versions()));
    }

    private void forgetEverything() {
        model.clear();
        var names = (List<?>) redis.call("KEYS", root.prefix().replace("{", "\\{") + "*");
        for (var name : names) {
            redis.call("DEL", (String) name);
        }
    }

    // -- comparison

    /** Every limit of every scope; and live holds never exceed a cap that was not lowered. */
    private void compare() {
        for (int key = 0; key < 3; key++) {
            var charges = charges(key, key == 0 ? "gpt-4o" : "o3", false);
            var reservation = new Reservation(root, "look", List.of(), charges, LEASE, MEMORY, "");
            var result = both(store -> store.look(reservation));
            if (result instanceof TotalsMissing missing) {
                load(missing);
                result = both(store -> store.look(reservation));
            }
            assertThat(result).isInstanceOf(Looked.class);
            for (var standing : ((Looked) result).standings()) {
                if (standing.charge() instanceof Charge.Budget budget) {
                    assertThat(standing.used()).isEqualTo(total(budget).amount());
                }
            }
        }
    }

    private <T> T both(Function<LimitStore, Uni<T>> call) {
        var expected = LimitStoreContract.await(call.apply(model));
        var actual = LimitStoreContract.await(call.apply(scripts));
        if (expected instanceof Looked looked && actual instanceof Looked found) {
            for (int i = 0; i < looked.standings().size(); i++) {
                assertThat(found.standings().get(i))
                        .isEqualTo(looked.standings().get(i));
            }
        }
        assertThat(actual).isEqualTo(expected);
        return actual;
    }

    // -- the tenant

    private List<ObjectVersion> versions() {
        return List.of(new ObjectVersion(ResourceKind.ORGANIZATION, root.id(), version));
    }

    /** What a request of one of the keys is charged: two levels, per model and for all, every kind of limit. */
    private List<Charge> charges(int key, String model, boolean real) {
        var id = "key-" + key;
        long tokens = real ? random.nextInt(60) : 1;
        long nanos = real ? random.nextInt(80) : 1;
        var at = RedisLimitStore.instantOfMicros(now);
        var day = BudgetPeriod.parse("1d", "budget_duration").windowAt(at, ZONE);
        var hours = BudgetPeriod.parse("5h", "budget_duration").windowAt(at, ZONE);
        var charges = new ArrayList<Charge>();
        charges.add(rate(ResourceKind.KEY, id, LimitKind.TOKENS, model, tokens, capacities[0], Duration.ofMinutes(1)));
        charges.add(budget(ResourceKind.KEY, id, LimitKind.BUDGET, model, nanos, capacities[1], day));
        charges.add(rate(ResourceKind.KEY, id, LimitKind.REQUESTS, null, 1, capacities[4], Duration.ofMinutes(1)));
        charges.add(
                rate(ResourceKind.KEY, id, LimitKind.TOKENS_PER_DAY, null, tokens, capacities[2], Duration.ofDays(1)));
        charges.add(
                new Charge.Slot(new LimitRef(ResourceKind.KEY, id, LimitKind.PARALLEL, null), capacities[5], key == 2));
        charges.add(budget(ResourceKind.KEY, id, LimitKind.BUDGET, null, nanos, capacities[1] * 2, day));
        charges.add(budget(ResourceKind.KEY, id, LimitKind.TOKEN_BUDGET, null, tokens, 3 * capacities[3], hours));
        charges.add(rate(ResourceKind.TEAM, "t", LimitKind.TOKENS, null, tokens, capacities[3], Duration.ofMinutes(1)));
        charges.add(new Charge.Slot(
                new LimitRef(ResourceKind.TEAM, "t", LimitKind.PARALLEL, null), 2 * capacities[6], false));
        charges.add(budget(ResourceKind.TEAM, "t", LimitKind.REQUEST_BUDGET, null, 1, 40 * capacities[7], day));
        charges.add(new Charge.Budget(
                new LimitRef(ResourceKind.TEAM, "t", LimitKind.BUDGET, null),
                nanos,
                Charge.UNLIMITED,
                100,
                BudgetPeriod.LIFETIME));
        return charges;
    }

    private static Charge rate(
            ResourceKind scope, String id, LimitKind kind, String model, long amount, long capacity, Duration window) {
        return new Charge.Rate(new LimitRef(scope, id, kind, model), amount, BucketRule.of(capacity, window));
    }

    private static Charge budget(
            ResourceKind scope,
            String id,
            LimitKind kind,
            String model,
            long amount,
            long most,
            BudgetPeriod.Window window) {
        return new Charge.Budget(new LimitRef(scope, id, kind, model), amount, most, Charge.UNLIMITED, window);
    }

    private SettledTotal total(Charge.Budget budget) {
        var entry = ledgerOf(budget);
        return new SettledTotal(entry[0], entry[1]);
    }

    /** Epoch and total. */
    private long[] ledgerOf(Charge.Budget budget) {
        return ledger.computeIfAbsent(budget.limit() + " " + budget.window(), window -> new long[2]);
    }
}
