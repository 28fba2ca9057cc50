package io.tenantry.admission;

import io.tenantry.platform.redis.TenantRoot;
import java.util.Objects;
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

    /** The same key at another place. */
    KeyOwner at(String otherUser, String otherTeam, String otherOrganization) {
        return new KeyOwner(
                keyId,
                secretHash,
                keyAlias,
                otherUser,
                otherTeam,
                Objects.equals(otherTeam, teamId) ? teamAlias : null,
                otherOrganization);
    }

    /** The same key where its limits lived under this root: that names the uppermost level there was. */
    KeyOwner under(TenantRoot root) {
        return switch (root.kind()) {
            case ORGANIZATION -> at(userId, teamId, root.id());
            case TEAM -> at(userId, root.id(), null);
            case USER -> at(root.id(), null, null);
            default -> at(null, null, null);
        };
    }
}
