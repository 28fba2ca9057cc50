package io.tenantry.keys;

import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.Objects;

/** Whose a new key is to be, by id. What was not asked for is null. */
record KeyOwner(String userId, String teamId, String organizationId, String budgetId) {

    static final KeyOwner NOBODY = new KeyOwner(null, null, null, null);

    /** Whoever is no proxy admin gets keys of their own; fails with FORBIDDEN where somebody else's is asked for. */
    static KeyOwner asked(Caller caller, IssueKeyRequest request) {
        if (caller.isAdmin()) {
            return new KeyOwner(request.userId(), request.teamId(), request.organizationId(), request.budgetId());
        }
        if (request.userId() != null && !request.userId().equals(caller.userId())) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("user_id")
                    .detail("User can only create keys for themselves. Leave user_id out or give your own");
        }
        return new KeyOwner(caller.userId(), request.teamId(), request.organizationId(), request.budgetId());
    }

    /** What of this differs from another owner; the rest is null, and so is what is to be cleared. */
    KeyOwner changedFrom(KeyOwner other) {
        return new KeyOwner(
                Objects.equals(userId, other.userId) ? null : userId,
                Objects.equals(teamId, other.teamId) ? null : teamId,
                Objects.equals(organizationId, other.organizationId) ? null : organizationId,
                Objects.equals(budgetId, other.budgetId) ? null : budgetId);
    }

    /** The same, where the organization that the team brings along was repeated: rows show it, and clients send them back. */
    KeyOwner unlessRepeated(KeyOwner now, String organizationInForce) {
        boolean repeated = organizationId != null
                && organizationId.equals(organizationInForce)
                && Objects.equals(teamId, now.teamId);
        return repeated ? new KeyOwner(userId, teamId, now.organizationId, budgetId) : this;
    }

    boolean isPersonal() {
        return teamId == null && organizationId == null;
    }
}
