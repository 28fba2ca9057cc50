package io.tenantry.usage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Booking. */
@ConfigMapping(prefix = "tenantry.usage")
public interface UsageConfig {

    /** Settlements that are committed together at most. */
    @WithDefault("500")
    int groupSize();

    /** How long the first settlement of a group waits for company while no commit is under way. A commit under way gathers company by itself. */
    @WithDefault("1ms")
    Duration groupDelay();

    /** Settlements that may wait for their commit. Beyond it, 503: the proxy repeats. */
    @WithDefault("20000")
    int queueSize();

    /** How long a settlement may wait for its commit. After it, the database counts as away and settlements are kept in Redis. */
    @WithDefault("5s")
    Duration commitTimeout();

    /** Days ahead for which the ledger's partitions are made. */
    @WithDefault("7")
    int partitionDaysAhead();

    /** How long ago a use may be that is sent without an admission. Older periods are closed: correct them by an adjustment. */
    @WithDefault("31d")
    Duration oldestUse();

    /** How far in the future such a use may lie: the clocks of those who send them may disagree with ours. */
    @WithDefault("5m")
    Duration clockTolerance();

    /**
     * Settlements that Redis may keep while the database is away, of all instances together. Beyond it, 503. About 1.5 KB each: Redis needs the
     * memory.
     */
    @WithDefault("200000")
    int spoolSize();

    /** How often an instance looks whether settlements wait in Redis, and whether the database takes them. */
    @WithDefault("500ms")
    Duration spoolInterval();
}
