package io.tenantry.limits.engine;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits and the store that keeps them. */
@ConfigMapping(prefix = "tenantry.limits")
public interface EngineConfig {

    /**
     * How long a call to Redis may take. An admission asks twice before it falls back, and may have to wait for a call that is under way, so it waits three
     * times as long at the most, in each tenant's Redis. Well under what a proxy waits for us, well over a healthy answer (under 1 ms).
     */
    @WithDefault("50ms")
    Duration timeout();

    /** What becomes of rate limits when Redis does not answer. Requests under a hard budget are refused in any case. */
    @WithDefault("local")
    WhenUnavailable whenUnavailable();

    /** How long an idle budget's window stays in Redis. It is read from the ledger again when needed. At most 30 days. */
    @WithDefault("2h")
    Duration spendLifetime();

    /** Tenant roots that this instance keeps limits for while Redis is away. */
    @WithDefault("100000")
    int localTenants();

    /** What becomes of rate limits when Redis does not answer. */
    enum WhenUnavailable {
        /** This instance admits its share of the limit: the limit divided by the instances that were seen last. */
        LOCAL,
        /** Refused with 503. */
        DENY,
        /** Admitted unchecked. */
        ALLOW
    }
}
