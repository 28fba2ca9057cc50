package io.tenantry.platform.redis;

import io.tenantry.core.ResourceKind;

/**
 * Under whom a tenant's limits live: its organization; without one its team; without one its user, or the key itself. All Redis
 * names of one root share a hash tag, so that one script sees them all, and thus one shard of a cluster.
 */
public record TenantRoot(ResourceKind kind, String id) {

    public static TenantRoot of(String organizationId, String teamId, String userId, String keyId) {
        if (organizationId != null) {
            return new TenantRoot(ResourceKind.ORGANIZATION, organizationId);
        }
        if (teamId != null) {
            return new TenantRoot(ResourceKind.TEAM, teamId);
        }
        return userId != null ? new TenantRoot(ResourceKind.USER, userId) : new TenantRoot(ResourceKind.KEY, keyId);
    }

    /** The beginning of every name under this root, up to and including the colon. Ids cannot contain braces or colons. */
    public String prefix() {
        return "t1:{" + kind.label + ":" + id + "}:";
    }

    @Override
    public String toString() {
        return kind.label + ":" + id;
    }
}
