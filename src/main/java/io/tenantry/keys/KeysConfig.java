package io.tenantry.keys;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Keys. */
@ConfigMapping(prefix = "tenantry.keys")
public interface KeysConfig {

    /** How long the old secret works on after a rotation that names no grace_period. None by default: who rotates a leaked key wants it gone. */
    @WithDefault("0s")
    Duration rotationGracePeriod();
}
