package io.tenantry.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.RedisServers;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an instance believes of customers that it remembers, where settings name budgets for those without one, and while Redis is away. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class DefaultBudgetsTest {

    @Inject
    @ReactiveDataSource(AdmissionPool.NAME)
    Pool pool;

    @Inject
    LimitStore store;

    @Inject
    LiveInstances instances;

    @Inject
    AdmissionConfig config;

    @Inject
    EngineConfig engine;

    @Inject
    ConfiguredBudgets configured;

    @Inject
    NamedScopes scopesOfService;

    private final String customer = Given.unique("customer");
    private final String defaultBudget = Given.unique("default");
    private final String budgetOfAll = Given.unique("all");
    private final AtomicBoolean redisAway = new AtomicBoolean();
    private final AtomicBoolean databaseAway = new AtomicBoolean();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger reads = new AtomicInteger();
    private NamedScopes scopes;
    private AdmissionConfig withDefaults;

    @BeforeEach
    void anInstanceWithDefaults() {
        Map<String, Object> settings = Map.of(
                "defaultCustomerBudgetId",
                Optional.of(defaultBudget),
                "globalBudgetId",
                Optional.of(budgetOfAll),
                "unconfirmedPolicyAge",
                Duration.ZERO);
        withDefaults = like(AdmissionConfig.class, config, settings);
        var reader = new NamedScopeReader(pool, withDefaults, engine) {
            @Override
            Uni<List<NamedScope>> read(List<NamedScopes.Name> names, Map<TenantRoot, Long> known, long began) {
                reads.incrementAndGet();
                return databaseAway.get()
                        ? Uni.createFrom().failure(Problem.of(ProblemCode.DATABASE_UNAVAILABLE))
                        : super.read(names, known, began);
            }
        };
        scopes = new NamedScopes(
                reader, whileThere(store), instances, withDefaults, new SimpleMeterRegistry(), nanos::get);
    }

    private static <T> T like(Class<T> type, T original, Map<String, Object> but) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            var other = but.get(method.getName());
            return other == null ? method.invoke(original, args) : other;
        }));
    }

    private LimitStore whileThere(LimitStore original) {
        return (LimitStore) Proxy.newProxyInstance(
                LimitStore.class.getClassLoader(), new Class<?>[] {LimitStore.class}, (proxy, method, args) -> {
                    try {
                        return redisAway.get()
                                ? Uni.createFrom().failure(new StoreUnavailable("away"))
                                : method.invoke(original, args);
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                });
    }

    /** The customer and the scope of all. */
    private List<NamedScope> read() {
        return scopes.of(customer, List.of()).await().atMost(Duration.ofSeconds(10));
    }

    private boolean isBlocked() {
        return read().get(0).blocked();
    }

    private List<Boolean> areLimited() {
        return read().stream().map(scope -> !scope.limits().isEmpty()).toList();
    }

    private static void make(String budget) {
        Api.asMaster().create("/budget/new", Map.of("budget_id", budget, "max_budget", 1));
    }

    @Test
    void a_budget_that_a_setting_names_limits_the_next_request_after_it_was_made() {
        assertThat(areLimited()).containsExactly(false, false);

        make(defaultBudget);
        assertThat(areLimited()).containsExactly(true, false);

        make(budgetOfAll);
        assertThat(areLimited()).containsExactly(true, true);
    }

    @Test
    void a_budget_that_a_setting_names_is_not_deleted() {
        QuarkusMock.installMockForInstance(new ConfiguredBudgets(withDefaults), configured);
        make(defaultBudget);
        make(budgetOfAll);

        for (var named : List.of(defaultBudget, budgetOfAll)) {
            var refused = Api.asMaster().post("/budget/delete", Map.of("id", named));

            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.jsonPath().getString("error.message")).contains("setting tenantry.admission.");
        }
        assertThat(areLimited()).containsExactly(true, true);
    }

    @Test
    void a_default_budget_that_was_deleted_behind_our_back_and_made_again_counts_again() {
        make(defaultBudget);
        assertThat(areLimited()).containsExactly(true, false);
        StoreAccess.execute("delete from budget where budget_id = '" + defaultBudget + "'");
        assertThat(becomesUnlimited()).isTrue();

        make(defaultBudget);

        assertThat(areLimited()).containsExactly(true, false);
    }

    /** Announced by the sweep, since no call of ours deleted it. */
    private boolean becomesUnlimited() {
        for (int i = 0; i < 100; i++) {
            if (!areLimited().get(0)) {
                return true;
            }
            pause();
        }
        return false;
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void a_customer_who_is_blocked_while_redis_is_away_is_blocked_there_too() {
        Api.asMaster().create("/customer/new", Map.of("user_id", customer));
        assertThat(isBlocked()).isFalse();
        redisAway.set(true);

        Api.asMaster().create("/customer/block", Map.of("user_ids", List.of(customer)));

        assertThat(isBlocked()).isTrue();
    }

    @Test
    void a_customer_goes_on_as_known_while_both_stores_are_away() {
        Api.asMaster().create("/customer/block", Map.of("user_ids", List.of(customer)));
        assertThat(isBlocked()).isTrue();
        redisAway.set(true);
        databaseAway.set(true);

        assertThat(isBlocked()).isTrue();
    }

    /** Redis knows for a day that there has been a change. */
    @Test
    void a_customer_who_was_unknown_once_and_is_blocked_is_blocked_also_when_nobody_asks_for_a_day() {
        assertThat(isBlocked()).isFalse();
        Api.asMaster().create("/customer/block", Map.of("user_ids", List.of(customer)));

        nanos.addAndGet(Duration.ofDays(1).toNanos());
        try (var redis = StoreAccess.redis()) {
            redis.call("DEL", "t1:{end_user:" + customer + "}:version:end_user:" + customer);
        }

        assertThat(isBlocked()).isTrue();
    }

    @Test
    void what_is_not_there_goes_on_so_while_the_database_is_away_for_half_a_day() {
        assertThat(areLimited()).containsExactly(false, false);
        pass(Duration.ofHours(10));
        databaseAway.set(true);
        assertThat(areLimited()).containsExactly(false, false);

        pass(Duration.ofHours(12));

        assertThat(areLimited()).containsExactly(false, false);
    }

    @Test
    void what_is_not_there_is_looked_for_again_while_it_is_in_use() {
        areLimited();
        pass(Duration.ofHours(10));
        areLimited();
        RedisServers.await("both names are read again, while nobody waits for it", 10, () -> reads.get() == 3);
        databaseAway.set(true);

        pass(Duration.ofHours(22));

        RedisServers.await("both are known", 10, this::areKnown);
    }

    private boolean areKnown() {
        try {
            return areLimited().size() == 2;
        } catch (Problem away) {
            return false;
        }
    }

    /** The database is asked again once a minute for each. */
    @Test
    void a_database_that_is_away_is_not_asked_by_every_request() {
        areLimited();
        pass(Duration.ofHours(10));
        databaseAway.set(true);

        for (int i = 0; i < 20; i++) {
            areLimited();
        }

        assertThat(reads.get()).isLessThanOrEqualTo(3);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void a_budget_that_a_setting_names_again_knows_what_was_used_meanwhile() {
        make(defaultBudget);
        var key = Given.key();
        startsWith(withDefaults);
        ReturningBudgetsTest.use(key, "0.5", "end_user", customer);
        startsWith(config);
        ReturningBudgetsTest.use(key, "0.6", "end_user", customer);

        startsWith(withDefaults);
        var refused = ReturningBudgetsTest.admit(key, "0.1", "end_user", customer);

        assertThat(refused.getBoolean("admitted")).isFalse();
        assertThat(refused.getFloat("refusal.spent")).isEqualTo(1.1f);
    }

    private void startsWith(AdmissionConfig settings) {
        var reader = new NamedScopeReader(pool, settings, engine);
        QuarkusMock.installMockForInstance(
                new NamedScopes(reader, store, instances, settings, new SimpleMeterRegistry()), scopesOfService);
    }
}
