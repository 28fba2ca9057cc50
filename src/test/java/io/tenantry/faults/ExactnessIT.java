package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.testing.Admissions;
import io.tenantry.testing.Calls;
import io.tenantry.testing.RedisProbe;
import io.tenantry.testing.ServiceProcess;
import io.tenantry.testing.SharedStores;
import java.math.BigDecimal;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Three packaged instances, two thousand callers at once, and a hot key with limits on three levels: never over, never under. {@code -Psoak}
 * repeats it.
 */
class ExactnessIT {

    private static final int CALLERS = Integer.getInteger("tenantry.callers", 2_000);
    private static final int ROUNDS = Integer.getInteger("tenantry.rounds", 1);

    /** Three instances, their stores and all callers share a small machine; what is tested is not how fast it is. */
    private static final String[] SETTINGS = {
        "tenantry.limits.timeout=10s",
        "tenantry.redis.timeout=10s",
        "tenantry.usage.commit-timeout=30s",
        "tenantry.admission.load-timeout=30s",
        "tenantry.database.acquisition-timeout=30s"
    };

    private static List<ServiceProcess> instances;

    @BeforeAll
    static void start() {
        instances = Stream.generate(() -> ServiceProcess.start(SharedStores.addresses(), SETTINGS))
                .limit(3)
                .toList();
    }

    @AfterAll
    static void stop() {
        instances.forEach(ServiceProcess::close);
    }

    /** An organization with two teams; the first has two keys, the second has one. */
    private record Company(String organization, List<String> keys) {

        /** @param limits in JSON without braces: of the organization, the first team, each key */
        static Company with(String organizationLimits, String teamLimits, String keyLimits) {
            var organization =
                    make("/organization/new", "\"organization_alias\": \"o\"", organizationLimits, "organization_id");
            var of = "\"organization_id\": \"" + organization + "\", \"team_alias\": \"t\"";
            var first = make("/team/new", of, teamLimits, "team_id");
            var second = make("/team/new", of, "", "team_id");
            return new Company(
                    organization,
                    Stream.of(first, first, second)
                            .map(team -> make("/key/generate", "\"team_id\": \"" + team + "\"", keyLimits, "key"))
                            .toList());
        }

        private static String make(String path, String fields, String limits, String wanted) {
            var body = "{" + fields + (limits.isEmpty() ? "" : ", " + limits) + "}";
            return Tenant.create(instances.get(0), path, body).json().getString(wanted);
        }

        /** Half of the callers have the hot key. */
        String keyOf(int caller) {
            return keys.get(caller % 4 < 2 ? 0 : caller % 4 - 1);
        }
    }

    private static ServiceProcess any() {
        return instances.get(ThreadLocalRandom.current().nextInt(instances.size()));
    }

    private static CompletableFuture<Calls.Answer> admit(String key, Object... fields) {
        return send("/v1/admissions", Admissions.requestJson(key, fields));
    }

    /** Each instance answers in full health, or what was counted would not be the limits' doing. */
    private static CompletableFuture<Calls.Answer> send(String path, String body) {
        return any().calls().postAsync(path, body).thenApply(answer -> {
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.text()).doesNotContain("\"degraded\":true");
            return answer;
        });
    }

    private static CompletableFuture<Calls.Answer> settle(Calls.Answer admission, String cost) {
        return send("/v1/admissions/" + id(admission) + "/settlement", "{\"cost_usd\": " + cost + "}");
    }

    private static String id(Calls.Answer admission) {
        return admission.json().getString("admission_id");
    }

    /** Everything is sent before anything is waited for. */
    private static <T> List<T> allAtOnce(int count, IntFunction<CompletableFuture<T>> call) {
        var running = IntStream.range(0, count).mapToObj(call).toList();
        return running.stream().map(CompletableFuture::join).toList();
    }

    // -- rates

    @Test
    void a_rate_admits_its_capacity_and_what_refilled_on_every_level_not_one_more_and_not_one_less() {
        for (int round = 0; round < ROUNDS; round++) {
            var company = Company.with("\"rpm_limit\": 700", "\"rpm_limit\": 500", "\"rpm_limit\": 400");
            var admitted = Map.of(0, new LongAdder(), 1, new LongAdder(), 2, new LongAdder());

            long before = redisMicros();
            admitAll(company, 400, admitted); // from here on no bucket is full
            long begun = redisMicros();
            admitAll(company, CALLERS, admitted);
            long ended = redisMicros();
            var hot = explained(company.keys().get(0));
            var other = explained(company.keys().get(2));
            long after = redisMicros();

            long first = admitted.get(0).sum();
            long team = first + admitted.get(1).sum();
            long all = team + admitted.get(2).sum();
            var elapsed = new Elapsed(ended - begun, after - before);
            exact("the hot key", first, hot.remaining("key"), 400, elapsed);
            exact("its team", team, hot.remaining("team"), 500, elapsed);
            exact("the organization", all, hot.remaining("organization"), 700, elapsed);
            exact("another team's key", admitted.get(2).sum(), other.remaining("key"), 400, elapsed);
        }
    }

    private static void admitAll(Company company, int callers, Map<Integer, LongAdder> admitted) {
        allAtOnce(callers, caller -> admit(company.keyOf(caller)).thenAccept(answer -> {
            if (answer.admitted()) {
                admitted.get(company.keys().indexOf(company.keyOf(caller))).increment();
            }
        }));
    }

    /** Redis' own time, in microseconds: at least and at most what passed while a bucket refilled. */
    private record Elapsed(long least, long most) {}

    /** What was admitted and what remains is the capacity and what refilled: nothing was taken by the refused, nothing was forgotten. */
    private static void exact(String who, long admitted, long remaining, long capacity, Elapsed elapsed) {
        long leastRefill = elapsed.least() * capacity / 60_000_000 - 1;
        long mostRefill = elapsed.most() * capacity / 60_000_000 + 1;
        long over = Math.max(0, admitted - capacity - mostRefill);
        System.out.printf(
                "exactness: %s: %d admitted of %d a minute, at most %d refilled, over-admission %d%n",
                who, admitted, capacity, mostRefill, over);
        assertThat(over).as(who).isZero();
        assertThat(admitted + remaining - capacity).as(who).isBetween(leastRefill, mostRefill);
    }

    private static long redisMicros() {
        try (var redis = RedisProbe.on(SharedStores.addresses().redisPort())) {
            var time = (List<?>) redis.call("TIME");
            return Long.parseLong((String) time.get(0)) * 1_000_000 + Long.parseLong((String) time.get(1));
        }
    }

    // -- budgets

    @Test
    void settled_and_held_money_is_below_every_cap_at_every_instant_and_reaches_it() {
        for (int round = 0; round < ROUNDS; round++) {
            var company = Company.with("\"max_budget\": 1.0", "\"max_budget\": 0.7", "\"max_budget\": 0.5");
            var running = new AtomicBoolean(true);
            var over = new ConcurrentLinkedQueue<BigDecimal>();
            var samplers = company.keys().stream()
                    .map(key -> CompletableFuture.runAsync(() -> sample(key, running, over)))
                    .toList();
            var spent = new Books();

            for (int wave = 0; wave < 2; wave++) {
                allAtOnce(CALLERS, caller -> spendOnce(company, caller, spent));
            }
            running.set(false);
            samplers.forEach(CompletableFuture::join);

            var hot = explained(company.keys().get(0));
            var other = explained(company.keys().get(2));
            var worst = over.stream().reduce(BigDecimal.ZERO, BigDecimal::max);
            System.out.printf(
                    "exactness: budgets: %d admitted, %s of 1 committed, over-admission in %d samples %s%n",
                    spent.admitted.sum(), hot.committed("organization"), over.size(), worst);
            assertThat(over).isNotEmpty();
            assertThat(worst).isZero();
            assertThat(hot.committed("key")).isEqualByComparingTo(spent.of(company, 0));
            assertThat(hot.committed("team")).isEqualByComparingTo(spent.of(company, 0, 1));
            assertThat(hot.committed("organization")).isEqualByComparingTo(spent.of(company, 0, 1, 2));
            assertThat(other.committed("key")).isEqualByComparingTo(spent.of(company, 2));
            company.keys().forEach(ExactnessIT::exactlyTheRestFits);
        }
    }

    private static void sample(String key, AtomicBoolean running, Collection<BigDecimal> over) {
        while (running.get()) {
            over.add(explained(key).over());
        }
    }

    /** What is committed, by key: in thousandths of a cent, settled or open. */
    private static final class Books {

        private final Map<String, LongAdder> committed = new ConcurrentHashMap<>();
        private final LongAdder admitted = new LongAdder();

        void add(String key, long hundredThousandths) {
            committed.computeIfAbsent(key, first -> new LongAdder()).add(hundredThousandths);
        }

        BigDecimal of(Company company, int... keys) {
            return BigDecimal.valueOf(
                    IntStream.of(keys)
                            .mapToLong(key -> committed
                                    .computeIfAbsent(company.keys().get(key), none -> new LongAdder())
                                    .sum())
                            .sum(),
                    5);
        }
    }

    /** Takes a tenth of a cent and settles less, gives it back, or leaves it open. */
    private static CompletableFuture<?> spendOnce(Company company, int caller, Books books) {
        var key = company.keyOf(caller);
        return admit(key, "estimated_cost_usd", "0.001").thenCompose(answer -> {
            if (!answer.admitted()) {
                return CompletableFuture.completedFuture(answer);
            }
            books.admitted.increment();
            switch (caller % 3) {
                case 0:
                    books.add(key, 60);
                    return settle(answer, "0.0006");
                case 1:
                    return any().calls().deleteAsync("/v1/admissions/" + id(answer));
                default:
                    books.add(key, 100);
                    return CompletableFuture.completedFuture(answer);
            }
        });
    }

    private static void exactlyTheRestFits(String key) {
        var standing = explained(key);
        var rest = Stream.of("key", "team", "organization")
                .map(standing::left)
                .flatMap(Optional::stream)
                .min(BigDecimal::compareTo)
                .orElseThrow();
        if (rest.signum() > 0) {
            assertThat(admit(key, "estimated_cost_usd", rest.toPlainString())
                            .join()
                            .admitted())
                    .isTrue();
        }
        assertThat(admit(key, "estimated_cost_usd", "0.000000001").join().admitted())
                .isFalse();
    }

    // -- parallel slots

    @Test
    void never_more_requests_run_than_there_are_slots_on_any_level_and_all_come_back() {
        for (int round = 0; round < ROUNDS; round++) {
            var company = Company.with("", "\"max_parallel_requests\": 60", "\"max_parallel_requests\": 50");
            var inKey = new Inside();
            var inTeam = new Inside();

            allAtOnce(
                    CALLERS,
                    caller -> runOnce(
                            company.keys().get(caller % 2),
                            caller % 2 == 0 ? List.of(inKey, inTeam) : List.of(inTeam)));

            System.out.printf(
                    "exactness: slots: at most %d of 50 and %d of 60 at once, over-admission %d%n",
                    inKey.most.get(),
                    inTeam.most.get(),
                    Math.max(0, inKey.most.get() - 50) + Math.max(0, inTeam.most.get() - 60));
            assertThat(inKey.most.get()).isBetween(1, 50);
            assertThat(inTeam.most.get()).isBetween(1, 60);
            var refill = allAtOnce(50, caller -> admit(company.keys().get(0)));
            assertThat(refill).allMatch(Calls.Answer::admitted);
            assertThat(admit(company.keys().get(0)).join().admitted()).isFalse();
            assertThat(allAtOnce(20, caller -> admit(company.keys().get(1))))
                    .filteredOn(Calls.Answer::admitted)
                    .hasSize(10);
        }
    }

    /** How many are inside, as far as callers know: fewer than there are, since an answer is on its way to them and back. */
    private static final class Inside {

        private final AtomicInteger now = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        void enter() {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
        }

        void leave() {
            now.decrementAndGet();
        }
    }

    private static CompletableFuture<?> runOnce(String key, List<Inside> levels) {
        var answered = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);
        return admit(key).thenCompose(answer -> {
            if (!answer.admitted()) {
                return CompletableFuture.completedFuture(answer);
            }
            levels.forEach(Inside::enter);
            return CompletableFuture.runAsync(() -> levels.forEach(Inside::leave), answered)
                    .thenCompose(left -> settle(answer, "0.0001"));
        });
    }

    private static Explained explained(String key) {
        return Explained.of(
                send("/v1/admissions/explain", Admissions.requestJson(key)).join());
    }
}
