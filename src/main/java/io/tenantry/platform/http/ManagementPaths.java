package io.tenantry.platform.http;

import java.util.List;

/** Which paths are the management API: all but those that proxies call for each request, and those of operations. */
public final class ManagementPaths {

    private static final List<String> OTHERS = List.of("/v1/admissions", "/v1/usage", "/v1/noop", "/q/");

    private ManagementPaths() {}

    public static boolean cover(String path) {
        return OTHERS.stream().noneMatch(path::startsWith);
    }
}
