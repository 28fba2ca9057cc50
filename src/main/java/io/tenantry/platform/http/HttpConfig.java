package io.tenantry.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How calls are answered. */
@ConfigMapping(prefix = "tenantry.http")
public interface HttpConfig {

    /**
     * How long a management call may take until its answer begins. After it, 503: a store that has stopped in the middle of a statement tells nobody.
     * Longer than one statement may take.
     */
    @WithDefault("40s")
    Duration managementDeadline();
}
