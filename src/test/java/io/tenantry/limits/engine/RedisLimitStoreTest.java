package io.tenantry.limits.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class RedisLimitStoreTest extends LimitStoreContract {

    @Inject
    RedisLimitStore store;

    @Override
    LimitStore store() {
        return store;
    }

    @Test
    void scripts_that_redis_forgot_are_sent_again() {
        try (var redis = StoreAccess.redis()) {
            redis.call("SCRIPT", "FLUSH");
        }

        takes_every_charge_or_none();
    }

    @Test
    void every_name_has_a_lifetime() {
        takes_every_charge_or_none();
        settled_and_held_money_never_exceed_the_cap();
        parallel_slots();

        try (var redis = StoreAccess.redis()) {
            var names = (List<?>) redis.call("KEYS", "t1:*");
            assertThat(names).isNotEmpty();
            for (var name : names) {
                assertThat((Long) redis.call("PTTL", (String) name))
                        .as((String) name)
                        .isGreaterThan(0);
            }
        }
    }

    @Test
    void windows_that_are_over_take_no_room_however_short_they_are() {
        var limit = new LimitRef(ResourceKind.KEY, "short-periods", LimitKind.BUDGET, null);
        var root = new TenantRoot(ResourceKind.KEY, "short-periods");
        var name = LimitNames.balance(root, limit);
        var begin = Instant.now().truncatedTo(ChronoUnit.SECONDS).minusSeconds(600);

        for (int second = 0; second <= 600; second++) {
            var start = begin.plusSeconds(second);
            var window = new BudgetPeriod.Window("1s", start, start.plusSeconds(1));
            var budget = new Charge.Budget(limit, 1, 100, Charge.Budget.UNLIMITED, window);
            await(store.load(root, budget, SettledTotal.of(second), RedisLimitStore.micros(Instant.now())));
        }

        try (var redis = StoreAccess.redis()) {
            long aMinute = 70 * 46;
            assertThat((Long) redis.call("STRLEN", name)).isBetween(46L, aMinute);
        }
    }

    private void parallel_slots() {
        a_refusal_for_want_of_slots_says_when_the_next_lease_ends();
    }
}
