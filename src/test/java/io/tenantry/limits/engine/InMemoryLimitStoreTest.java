package io.tenantry.limits.engine;

import java.time.Instant;

class InMemoryLimitStoreTest extends LimitStoreContract {

    private final LimitStore store = new InMemoryLimitStore(() -> RedisLimitStore.micros(Instant.now()), 100);

    @Override
    LimitStore store() {
        return store;
    }
}
