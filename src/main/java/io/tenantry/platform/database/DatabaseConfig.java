package io.tenantry.platform.database;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/**
 * Connections to PostgreSQL. Two pools, so that reports and management calls can take nothing away from admissions and settlements. An instance
 * never has more connections than both together, plus two while it starts.
 */
@ConfigMapping(prefix = "tenantry.database")
public interface DatabaseConfig {

    /** Connections for management calls, reports and audit. */
    @WithDefault("12")
    int managementConnections();

    /** Connections for reading policies, booking settlements and announcing changes. */
    @WithDefault("8")
    int admissionConnections();

    /** Management calls that may wait for a connection. Beyond it, 503 at once. */
    @WithDefault("200")
    int managementWaiting();

    /** Policies and totals that may wait for a connection. Beyond it, 503 at once. */
    @WithDefault("2000")
    int admissionWaiting();

    /** How long a call may wait for a connection. After it, 503. */
    @WithDefault("5s")
    Duration acquisitionTimeout();

    /** How long one statement of a management call may take. After it, 503, and the database stops working on it. Zero for no bound. */
    @WithDefault("30s")
    Duration managementStatementTimeout();

    /** The same for a statement of an admission or a settlement. */
    @WithDefault("10s")
    Duration admissionStatementTimeout();
}
