package io.tenantry.limits.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
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

    private void parallel_slots() {
        a_refusal_for_want_of_slots_says_when_the_next_lease_ends();
    }
}
