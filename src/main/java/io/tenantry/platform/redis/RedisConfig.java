package io.tenantry.platform.redis;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How we talk to Redis. */
@ConfigMapping(prefix = "tenantry.redis")
public interface RedisConfig {

    /** How long a call that is not an admission's may take: announcements, health, loading a total. */
    @WithDefault("500ms")
    Duration timeout();

    /** Calls without an answer that one connection may have. Beyond it a call fails at once: a frozen Redis must not grow a queue. */
    @WithDefault("2048")
    int maxInFlight();

    /**
     * Failing ticks in a row, of 5 ms each and without an answer in between, after which a connection is taken for dead and calls fail at once. Long
     * enough that a pause of a busy machine is none, short enough that a frozen Redis costs few calls their full deadline.
     */
    @WithDefault("40")
    int failuresToOpen();

    /** After that, how long until one call is let through to look whether Redis is back. */
    @WithDefault("200ms")
    Duration probeInterval();
}
