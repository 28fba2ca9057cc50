package io.tenantry.idempotency;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Calls that are safe to repeat because they carry an {@code Idempotency-Key}. */
@ConfigMapping(prefix = "tenantry.idempotency")
public interface IdempotencyConfig {

    /** How long the first answer is given again. Longer than any client retries, short enough that the table stays small. */
    @WithDefault("24h")
    Duration lifetime();

    /** How long a repetition waits for a first call that is still under way, before it is told to come back. */
    @WithDefault("5s")
    Duration patience();
}
