package io.tenantry.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** For measuring this service, see {@code bench/}. */
@ConfigMapping(prefix = "tenantry.bench")
public interface BenchConfig {

    /** Whether {@code POST /v1/noop} exists. It needs no credential, so it is for a bench only. */
    @WithDefault("false")
    boolean noop();
}
