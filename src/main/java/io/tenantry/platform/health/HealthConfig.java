package io.tenantry.platform.health;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What we tell probes. */
@ConfigMapping(prefix = "tenantry.health")
public interface HealthConfig {

    /**
     * Whether an instance is ready while one of the two stores is away. By default it is: known keys are served without PostgreSQL, and rate
     * limits without Redis; were all instances taken out at once, nothing would be. With both away it is not ready in any case.
     */
    @WithDefault("true")
    boolean readyWithOneStore();
}
