package io.tenantry.admission;

import io.tenantry.platform.redis.TenantRoot;
import java.util.UUID;

/**
 * Whose a key is: who is charged and under whose names use is booked. Null where a level does not exist.
 *
 * @param organizationId the key's own organization, or its team's
 */
public record KeyOwner(
        UUID keyId,
        String secretHash,
        String keyAlias,
        String userId,
        String teamId,
        String teamAlias,
        String organizationId) {

    /** Under whom this owner's limits live. */
    public TenantRoot root() {
        return TenantRoot.of(organizationId, teamId, userId, String.valueOf(keyId));
    }
}
