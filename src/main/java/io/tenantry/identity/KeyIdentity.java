package io.tenantry.identity;

import io.tenantry.core.Caller;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.Role;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.List;

/**
 * What is known of a virtual key when it is used as a credential of this API.
 *
 * @param blocked  whether the key, its user, team or organization is
 * @param versions of the key, its team and its organization, by which a cached copy is compared; what is known of a user touches its keys
 */
public record KeyIdentity(
        String keyId,
        String type,
        String userId,
        String userRole,
        String teamId,
        String organizationId,
        boolean blocked,
        Instant expiresAt,
        List<String> allowedRoutes,
        List<Version> versions) {

    /** The version of a row that this was read from. */
    public record Version(ResourceKind kind, String id, long version) {}

    static final String GATEWAY_TYPE = "gateway";

    boolean isGateway() {
        return GATEWAY_TYPE.equals(type);
    }

    TenantRoot root() {
        return TenantRoot.of(organizationId, teamId, userId, keyId);
    }

    Caller caller() {
        return new Caller(role(), userId, keyId, teamId, organizationId, allowedRoutes);
    }

    private Role role() {
        if (isGateway()) {
            return Role.GATEWAY;
        }
        return userId == null ? Role.KEY_ONLY : Role.ofUser(userRole);
    }
}
