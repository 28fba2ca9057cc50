package io.tenantry.platform.log;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How the log is written. Levels and further destinations are set with the framework's own {@code quarkus.log.*}. */
@ConfigMapping(prefix = "tenantry.log")
public interface LogConfig {

    /** Whether the console gets one JSON object a line. By default it does where a machine reads along: with stores given by URL. */
    @WithDefault("auto")
    JsonLog json();
}
