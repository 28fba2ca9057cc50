package io.tenantry.identity;

import io.tenantry.core.Caller;
import io.tenantry.core.Role;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.List;

/**
 * What is known of a virtual key when it is used as a credential of this API.
 *
 * @param blocked whether the key, its user, team or organization is
 * @param version the key's version, by which a cached copy is compared
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
        long version) {

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
