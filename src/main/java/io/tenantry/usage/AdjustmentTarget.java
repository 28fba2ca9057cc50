package io.tenantry.usage;

import io.tenantry.admission.KeyOwner;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.ResourceRef;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * What an adjustment is booked to: the levels that the corrected use went into, or a level of its own and those above it.
 *
 * @param owner     without a key when a whole team, user, member or organization is adjusted
 * @param requestId null when no request is corrected
 * @param model     empty when no request is corrected, as is the one that was admitted
 * @param at        in whose periods it is counted
 * @param roots     under which these levels' limits live, or lived then
 */
record AdjustmentTarget(
        KeyOwner owner,
        String requestId,
        String endUser,
        String model,
        String admittedModel,
        String provider,
        List<String> tags,
        Instant at,
        List<TenantRoot> roots) {

    static AdjustmentTarget ofLevel(KeyOwner owner, Instant at) {
        return new AdjustmentTarget(owner, null, null, "", "", "", List.of(), at, List.of(owner.root()));
    }

    /** The same, where its limits live under these roots too. */
    AdjustmentTarget alsoUnder(List<TenantRoot> more) {
        var all = Stream.concat(roots.stream(), more.stream()).distinct().toList();
        return new AdjustmentTarget(owner, requestId, endUser, model, admittedModel, provider, tags, at, all);
    }

    /** The object that the audit trail names. */
    ResourceRef object() {
        if (owner.keyId() != null) {
            return new ResourceRef(ResourceKind.KEY, owner.keyId().toString());
        }
        if (owner.teamId() != null) {
            return owner.userId() == null
                    ? new ResourceRef(ResourceKind.TEAM, owner.teamId())
                    : ResourceRef.member(ResourceKind.TEAM_MEMBER, owner.teamId(), owner.userId());
        }
        return owner.userId() != null
                ? new ResourceRef(ResourceKind.USER, owner.userId())
                : new ResourceRef(ResourceKind.ORGANIZATION, owner.organizationId());
    }
}
