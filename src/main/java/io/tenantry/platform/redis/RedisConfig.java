package io.tenantry.platform.redis;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How we talk to Redis. */
@ConfigMapping(prefix = "tenantry.redis")
public interface RedisConfig {

    /**
     * Where Redis is, usually given as {@code REDIS_URL}: {@code redis://}, {@code redis-sentinel://} or {@code redis-cluster://} (see
     * docs/redis.md).
     */
    @WithDefault("redis://127.0.0.1:6379")
    String url();

    /** The password of the sentinels, if they have one. */
    Optional<String> sentinelPassword();

    /** With a {@code rediss} URL: which {@code quarkus.tls.<name>} holds trust and client certificates. Without, those of the JVM. */
    Optional<String> tls();

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

    /** How often we look who the masters are (Sentinel, Cluster). Also looked at as soon as a call runs into something. */
    @WithDefault("5s")
    Duration topologyInterval();

    /** The least time between two such looks: whoever runs into something runs into it with many calls at once. */
    @WithDefault("200ms")
    Duration topologyPause();
}
