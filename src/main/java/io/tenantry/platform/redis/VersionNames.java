package io.tenantry.platform.redis;

import io.tenantry.core.ResourceKind;

/** Where the version of a changed row lives: {@code t1:{root}:version:<kind>:<id>}, a whole number that only rises. */
public final class VersionNames {

    /** A version is needed only while some instance may hold a policy with an older one. A missing one makes the policy be read again. */
    public static final long LIFETIME_SECONDS = 86_400;

    private VersionNames() {}

    public static String of(TenantRoot root, ResourceKind kind, String id) {
        return root.prefix() + "version:" + kind.label + ":" + id;
    }
}
