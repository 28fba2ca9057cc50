package io.tenantry.keys;

import java.util.UUID;

/**
 * Which key a name stands for, read without a lock: enough to know what else has to be held before the key itself.
 *
 * @param secretHash     the hash by which it was found; a previous secret's while its grace lasts
 * @param organizationId its team's organization, or its own
 */
record KeyHead(
        String secretHash,
        UUID keyId,
        String userId,
        String teamId,
        String ownOrganizationId,
        String organizationId,
        String budgetId,
        int rotationCount) {

    static KeyHead ofColumns(Object[] row) {
        return new KeyHead(
                (String) row[0],
                UUID.fromString((String) row[1]),
                (String) row[2],
                (String) row[3],
                (String) row[4],
                (String) row[5],
                (String) row[6],
                ((Number) row[7]).intValue());
    }

    KeyOwner owner() {
        return new KeyOwner(userId, teamId, ownOrganizationId, budgetId);
    }

    boolean isNamedBy(KeyRef ref) {
        return ref.keyId() == null
                ? ref.secretHash().equals(secretHash)
                : ref.keyId().equals(keyId);
    }

    /** Whether the key has moved or was rotated since this was read. */
    boolean isOutdatedBy(ApiKey key) {
        return rotationCount != key.rotationCount
                || !owner().equals(new KeyOwner(key.userId, key.teamId, key.ownOrganizationId, key.budgetId));
    }
}
