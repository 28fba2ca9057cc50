package io.tenantry.platform.change;

import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;

/** A committed change that instances have to hear of: the new version of an object under one tenant root. */
record Announcement(long outboxId, ResourceKind kind, String id, long version, TenantRoot root) {

    /** From the columns {@code outbox_id, object_kind, object_id, version, root_kind, root_id}. */
    static Announcement ofColumns(Object[] row) {
        return new Announcement(
                ((Number) row[0]).longValue(),
                ResourceKind.ofLabel((String) row[1]),
                (String) row[2],
                ((Number) row[3]).longValue(),
                new TenantRoot(ResourceKind.ofLabel((String) row[4]), (String) row[5]));
    }
}
