package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Standing;
import java.util.Comparator;
import java.util.function.Function;

/**
 * Every scope that can carry limits, most specific first, and when its limits apply. {@code docs/limits.md} has this as a table, made from here.
 */
enum LimitedScope {
    KEY(
            ResourceKind.KEY,
            "always",
            "the key's own row; a budget linked by `budget_id` fills what is absent",
            owner -> owner.keyId().toString()),
    TEAM_MEMBER(
            ResourceKind.TEAM_MEMBER,
            "when the key belongs to a team and to a user",
            "the member's budget, else the team's default for members",
            owner -> owner.teamId() == null || owner.userId() == null ? null : owner.teamId() + "/" + owner.userId()),
    USER(
            ResourceKind.USER,
            "when the key belongs to a user, also in a team; the models of the user count for personal keys only",
            "the user's own row",
            KeyOwner::userId),
    TEAM(ResourceKind.TEAM, "when the key belongs to a team", "the team's own row", KeyOwner::teamId),
    ORGANIZATION_MEMBER(
            ResourceKind.ORGANIZATION_MEMBER,
            "when the key's user is a member of its organization",
            "the membership's budget",
            owner -> owner.organizationId() == null || owner.userId() == null
                    ? null
                    : owner.organizationId() + "/" + owner.userId()),
    ORGANIZATION(
            ResourceKind.ORGANIZATION,
            "when the key or its team belongs to an organization",
            "the organization's budget; rates per model in its own row",
            KeyOwner::organizationId),
    END_USER(
            ResourceKind.END_USER,
            "when the request names `end_user`",
            "the customer's budget, else `tenantry.admission.default-customer-budget-id`",
            null),
    TAG(ResourceKind.TAG, "for each tag of the request, its key, team and organization", "the tag's budget", null),
    GLOBAL(ResourceKind.GLOBAL, "always, where configured", "`tenantry.admission.global-budget-id`", null);

    /** What limits of one scope say stays in its order. */
    static final Comparator<Standing> MOST_SPECIFIC_FIRST =
            Comparator.comparing(standing -> of(standing.charge().limit().scope()));

    final ResourceKind kind;
    final String applies;
    final String source;
    private final Function<KeyOwner, String> id;

    LimitedScope(ResourceKind kind, String applies, String source, Function<KeyOwner, String> id) {
        this.kind = kind;
        this.applies = applies;
        this.source = source;
        this.id = id;
    }

    private static LimitedScope of(ResourceKind kind) {
        for (var scope : values()) {
            if (scope.kind == kind) {
                return scope;
            }
        }
        throw new IllegalArgumentException(kind.label);
    }

    /** The scope's id for a key; null where it does not apply, or where requests name it. */
    String idFor(KeyOwner owner) {
        return id == null ? null : id.apply(owner);
    }
}
