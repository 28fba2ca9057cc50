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
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Redis' scripts against a plain model in Java, on one simulated clock: two instances that remember policies and admissions, and random steps.
 * After each of them every counter of every limit must be the same to the unit; whatever is taken fits under its cap; and nothing is taken by an
 * outdated policy or of a blocked key. A failure names its seed: {@code -Dtenantry.model.seed=… -Dtenantry.model.steps=…} plays it again.
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
    private static final int ENOUGH_FOR_ALL = 10_000;
    private static final int INSTANCES = 2;
    private static final int KEYS = 3;

    @Inject
    RedisCalls calls;

    @Inject
    EngineConfig config;

    private final TenantRoot root = new TenantRoot(ResourceKind.ORGANIZATION, "model-" + UUID.randomUUID());
    private final Map<String, long[]> ledger = new HashMap<>();
    private final List<Open> open = new ArrayList<>();
    private final EnumMap<Step, Integer> done = new EnumMap<>(Step.class);
    private final Policy[] policies = new Policy[KEYS];
    private final Policy[][] remembered = new Policy[INSTANCES][KEYS];
    private RedisProbe redis;
    private Random random;
    private RedisLimitStore scripts;
    private InMemoryLimitStore model;
    private long now = RedisLimitStore.micros(Instant.parse("2026-03-28T20:00:00Z"));

    /** What may happen, and how often in a hundred steps. */
    private enum Step {
        CHANGE_LIMITS(1),
        BLOCK_OR_UNBLOCK(2),
        BRING_BACK_BUDGETS(1),
        LOSE_REDIS(1),
        RESTART(1),
        ADJUST(2),
        EXPIRE(3),
        ROLL_PERIOD(1),
        TICK(10),
        RELEASE(10),
        EXTEND(5),
        REPEAT(3),
        SETTLE(21),
        ADMIT(39),
        ADMITTED(0),
        REFUSED(0),
        REFUSED_BLOCKED(0),
        FOUND_OUTDATED(0);

        final int share;

        Step(int share) {
            this.share = share;
        }

        static Step at(int hundredth) {
            int left = hundredth;
            for (var step : values()) {
                left -= step.share;
                if (left < 0) {
                    return step;
                }
            }
            throw new IllegalStateException("shares are less than a hundred");
        }
    }

    /** A key's policy: the versions of its organization and of itself, what the limits are, and whether it is blocked. */
    private record Policy(int key, long organization, long version, long[] capacities, boolean blocked) {}

    /** An admission that its instance remembers. */
    private record Open(int instance, int key, String id, List<Charge> charges, Instant expiresAt) {}

    @Test
    void every_counter_equals_the_models_after_every_step() {
        long seed = Long.getLong("tenantry.model.seed", System.nanoTime());
        random = new Random(seed);
        scripts = new RedisLimitStore(calls, patient(), root -> 1, LimitStoreModelTest::onSimulatedClock);
        model = new InMemoryLimitStore(() -> now, 10);
        try (var probe = StoreAccess.redis()) {
            redis = probe;
            changeLimits();
            tick(0);
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
        System.out.printf("model test: seed %d, %d steps: %s%n", seed, STEPS, done);
        if (STEPS >= ENOUGH_FOR_ALL) {
            assertThat(done).containsOnlyKeys(Step.values());
        }
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
        var step = Step.at(random.nextInt(100));
        if (step == Step.ADMIT && open.size() >= MOST_OPEN) {
            step = Step.SETTLE;
        }
        count(step);
        switch (step) {
            case CHANGE_LIMITS -> changeLimits();
            case BLOCK_OR_UNBLOCK -> blockOrUnblock(random.nextInt(KEYS));
            case BRING_BACK_BUDGETS -> bringBackBudgets(random.nextInt(KEYS));
            case LOSE_REDIS -> loseRedis();
            case RESTART -> restart(random.nextInt(INSTANCES));
            case ADJUST -> adjust();
            case EXPIRE -> tick(random.nextInt(70_000_000));
            case ROLL_PERIOD -> tick(random.nextInt(4) * 3_600_000_000L); // and clocks change
            case TICK -> tick(random.nextInt(2_000_000));
            case RELEASE -> withOpen(this::release);
            case EXTEND -> withOpen(this::extend);
            case REPEAT -> withOpen(this::repeat);
            case SETTLE -> withOpen(this::settle);
            default -> admit(random.nextInt(INSTANCES), random.nextInt(KEYS));
        }
    }

    private void count(Step step) {
        done.merge(step, 1, Integer::sum);
    }

    // -- steps

    /** As an instance does: by the policy that it remembers, and by a fresh one when that turns out to be outdated. */
    private void admit(int instance, int key) {
        var id = UUID.randomUUID().toString();
        var model = random.nextBoolean() ? "gpt-4o" : "o3";
        long seed = random.nextLong();
        for (int attempt = 0; ; attempt++) {
            var policy = policyOf(instance, key);
            if (policy.blocked() && both(store -> store.isCurrent(root, versions(policy)))) {
                assertThat(policy).isEqualTo(policies[key]);
                count(Step.REFUSED_BLOCKED);
                return;
            }
            var charges = charges(key, model, new Random(seed), policy);
            if (!policy.blocked() && decided(instance, policy, id, charges)) {
                return;
            }
            assertThat(attempt).as("a policy that was just read is outdated").isZero();
            count(Step.FOUND_OUTDATED);
            remembered[instance][key] = null;
        }
    }

    /** Whether there was a decision; false when the policy is outdated. */
    private boolean decided(int instance, Policy policy, String id, List<Charge> charges) {
        var result = reserve(id, policy, charges);
        if (result instanceof Stale) {
            return false;
        }
        assertThat(policy).isEqualTo(policies[policy.key()]);
        if (result instanceof Taken taken) {
            count(Step.ADMITTED);
            assertThat(taken.standings()).allMatch(LimitStoreModelTest::isWithinItsCap);
            open.add(new Open(instance, policy.key(), id, charges, taken.expiresAt()));
        } else {
            count(Step.REFUSED);
        }
        return true;
    }

    private static boolean isWithinItsCap(Standing standing) {
        return standing.charge().shadow() || !standing.charge().isCapped() || standing.remaining() >= 0;
    }

    /** From memory, or from the database; then its versions are made known as well. */
    private Policy policyOf(int instance, int key) {
        if (remembered[instance][key] == null) {
            remembered[instance][key] = policies[key];
            publish(policies[key]);
        }
        return remembered[instance][key];
    }

    private ReserveResult reserve(String id, Policy policy, List<Charge> charges) {
        var reservation = new Reservation(root, id, versions(policy), charges, LEASE, MEMORY, payload(id));
        for (int loads = 0; ; loads++) {
            var result = both(store -> store.reserve(reservation));
            if (!(result instanceof TotalsMissing missing)) {
                return result;
            }
            assertThat(loads).isLessThan(2);
            load(missing);
        }
    }

    private static Buffer payload(String id) {
        return Buffer.buffer("payload of " + id);
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
        ends.ifPresent(end -> open.replaceAll(other -> other == admission
                ? new Open(other.instance(), other.key(), other.id(), other.charges(), end)
                : other));
    }

    /** As a client does that saw no answer: under the same id, with charges as of now. Where the first was forgotten or released, it is taken again. */
    private void repeat(Open admission) {
        var charges = admission.charges().stream().map(this::asOfNow).toList();
        var again = new Reservation(
                root,
                admission.id(),
                versions(policies[admission.key()]),
                charges,
                LEASE,
                MEMORY,
                payload(admission.id()));
        if (both(store -> store.reserve(again)) instanceof Taken taken) {
            open.replaceAll(other -> other == admission
                    ? new Open(other.instance(), other.key(), other.id(), charges, taken.expiresAt())
                    : other);
        }
        both(store -> store.payloadOf(root, admission.id()));
    }

    private Charge asOfNow(Charge charge) {
        if (charge instanceof Charge.Budget budget && budget.window() != BudgetPeriod.LIFETIME) {
            var window = BudgetPeriod.parse(budget.window().period(), "budget_duration")
                    .windowAt(RedisLimitStore.instantOfMicros(now), ZONE);
            return new Charge.Budget(
                    budget.limit(), budget.amount(), budget.most(), budget.soft(), window, budget.shadow(), null);
        }
        return charge;
    }

    /** A refund: the total goes down, and older figures must not bring it back. */
    private void adjust() {
        var budgets = look(random.nextInt(KEYS), "gpt-4o").stream()
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

    /** Of the organization: every policy is outdated, and known to be as soon as the change has been answered. */
    private void changeLimits() {
        var capacities = new long[8];
        for (int i = 0; i < capacities.length; i++) {
            capacities[i] = random.nextInt(60) == 0 ? 0 : 1 + random.nextInt(i < 4 ? 400 : 12);
        }
        for (int key = 0; key < KEYS; key++) {
            var before = policies[key] == null ? new Policy(key, 0, 1, capacities, false) : policies[key];
            change(new Policy(key, before.organization() + 1, before.version(), capacities, before.blocked()));
        }
    }

    private void blockOrUnblock(int key) {
        var before = policies[key];
        boolean blocked = !before.blocked() && random.nextInt(3) == 0;
        change(new Policy(key, before.organization(), before.version() + 1, before.capacities(), blocked));
    }

    /** For a while the key had no budgets: nobody told the store what was used. */
    private void bringBackBudgets(int key) {
        for (var charge : look(key, random.nextBoolean() ? "gpt-4o" : "o3")) {
            if (charge instanceof Charge.Budget budget && budget.limit().scope() == ResourceKind.KEY) {
                ledgerOf(budget)[1] += random.nextInt(60);
            }
        }
        var before = policies[key];
        change(new Policy(key, before.organization(), before.version() + 1, before.capacities(), before.blocked()));
    }

    private void change(Policy policy) {
        policies[policy.key()] = policy;
        publish(policy);
    }

    /** Versions come back with whoever reads a policy. */
    private void loseRedis() {
        forgetEverything();
        for (var admission : open) {
            both(store -> store.restore(new OpenReservation(
                    root,
                    admission.id(),
                    admission.charges(),
                    admission.expiresAt(),
                    MEMORY,
                    payload(admission.id()))));
        }
    }

    /** An instance dies and begins again: it remembers nothing, and the leases of its admissions end by themselves. */
    private void restart(int instance) {
        open.removeIf(admission -> admission.instance() == instance);
        Arrays.fill(remembered[instance], null);
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

    private void publish(Policy policy) {
        both(store -> store.publish(root, versions(policy)));
    }

    private void forgetEverything() {
        model.clear();
        var names = (List<?>) redis.call("KEYS", root.prefix().replace("{", "\\{") + "*");
        for (var name : names) {
            redis.call("DEL", (String) name);
        }
    }

    // -- comparison

    /** Every limit of every scope. */
    private void compare() {
        for (int key = 0; key < KEYS; key++) {
            var charges = look(key, key == 0 ? "gpt-4o" : "o3");
            var reservation = new Reservation(root, "look", List.of(), charges, LEASE, MEMORY, Buffer.buffer());
            var result = both(store -> store.look(reservation));
            if (result instanceof TotalsMissing missing) {
                load(missing);
                result = both(store -> store.look(reservation));
            }
            assertThat(result).isInstanceOf(Looked.class);
            for (var standing : ((Looked) result).standings()) {
                if (standing.charge() instanceof Charge.Budget budget && budget.isAsked()) {
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

    private List<ObjectVersion> versions(Policy policy) {
        return List.of(
                new ObjectVersion(ResourceKind.KEY, "key-" + policy.key(), policy.version()),
                new ObjectVersion(ResourceKind.ORGANIZATION, root.id(), policy.organization()));
    }

    /** One of each, by the limits as they are. */
    private List<Charge> look(int key, String model) {
        return charges(key, model, null, policies[key]);
    }

    /** What a request of one of the keys is charged: two levels, per model and for all, every kind of limit. */
    private List<Charge> charges(int key, String model, Random amounts, Policy policy) {
        var capacities = policy.capacities();
        var id = "key-" + key;
        long tokens = amounts == null ? 1 : amounts.nextInt(60);
        long nanos = amounts == null ? 1 : amounts.nextInt(80);
        var at = RedisLimitStore.instantOfMicros(now);
        var day = BudgetPeriod.parse("1d", "budget_duration").windowAt(at, ZONE);
        var hours = BudgetPeriod.parse("5h", "budget_duration").windowAt(at, ZONE);
        var charges = new ArrayList<Charge>();
        charges.add(rate(ResourceKind.KEY, id, LimitKind.TOKENS, model, tokens, capacities[0], Duration.ofMinutes(1)));
        charges.add(budget(
                ResourceKind.KEY, id, LimitKind.BUDGET, model, nanos, 10 * capacities[1], day, policy.version()));
        charges.add(rate(ResourceKind.KEY, id, LimitKind.REQUESTS, null, 1, capacities[4], Duration.ofMinutes(1)));
        charges.add(rate(
                ResourceKind.KEY, id, LimitKind.TOKENS_PER_DAY, null, tokens, 40 * capacities[2], Duration.ofDays(1)));
        charges.add(
                new Charge.Slot(new LimitRef(ResourceKind.KEY, id, LimitKind.PARALLEL, null), capacities[5], key == 2));
        charges.add(
                budget(ResourceKind.KEY, id, LimitKind.BUDGET, null, nanos, 20 * capacities[1], day, policy.version()));
        var tokenBudget = budget(
                ResourceKind.KEY,
                id,
                LimitKind.TOKEN_BUDGET,
                null,
                tokens,
                10 * capacities[3],
                hours,
                policy.version());
        charges.add(key == 1 ? tokenBudget.inShadow() : tokenBudget);
        // for one of the keys the team's rate and a budget are in shadow mode, as dynamic limits are for a model that
        // works
        var ofTeam = rate(ResourceKind.TEAM, "t", LimitKind.TOKENS, null, tokens, capacities[3], Duration.ofMinutes(1));
        charges.add(key == 1 ? new Charge.Rate(ofTeam.limit(), tokens, ofTeam.rule(), true) : ofTeam);
        charges.add(new Charge.Slot(
                new LimitRef(ResourceKind.TEAM, "t", LimitKind.PARALLEL, null), 2 * capacities[6], false));
        charges.add(budget(
                ResourceKind.TEAM,
                "t",
                LimitKind.REQUEST_BUDGET,
                null,
                1,
                40 * capacities[7],
                day,
                policy.organization()));
        // two of the keys only hold of the team's tokens, as they do of what another root is asked for
        var tokensForEver = budget(
                ResourceKind.TEAM,
                "t",
                LimitKind.TOKEN_BUDGET,
                null,
                tokens,
                1L << 40,
                BudgetPeriod.LIFETIME,
                policy.organization());
        charges.add(
                switch (key) {
                    case 1 -> tokensForEver.askedByOthers();
                    case 2 -> tokensForEver.unasked();
                    default -> tokensForEver;
                });
        charges.add(new Charge.Budget(
                new LimitRef(ResourceKind.TEAM, "t", LimitKind.BUDGET, null),
                nanos,
                Charge.UNLIMITED,
                100,
                BudgetPeriod.LIFETIME,
                false,
                null,
                policy.organization()));
        return charges;
    }

    private static Charge.Rate rate(
            ResourceKind scope, String id, LimitKind kind, String model, long amount, long capacity, Duration window) {
        return new Charge.Rate(new LimitRef(scope, id, kind, model), amount, BucketRule.of(capacity, window));
    }

    private static Charge.Budget budget(
            ResourceKind scope,
            String id,
            LimitKind kind,
            String model,
            long amount,
            long most,
            BudgetPeriod.Window window,
            long version) {
        var limit = new LimitRef(scope, id, kind, model);
        return new Charge.Budget(limit, amount, most, Charge.UNLIMITED, window, false, null, version);
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
