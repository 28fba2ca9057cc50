package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;

/**
 * What a caller may change, what the caller may see, and what the caller administers. A key that can be seen and not changed is refused
 * with 403; one that cannot be seen is not there.
 *
 * @param administering where the caller may grant more than there is; null where nowhere
 * @param onlyTeam      what is not of this team is not there; null for no such bound
 */
record KeyReach(Scope acting, Scope seeing, Scope administering, String onlyTeam) {

    /** For what is the same to owners and administrators. */
    KeyReach(Scope acting, Scope seeing) {
        this(acting, seeing, null, null);
    }

    KeyReach within(String teamId) {
        return new KeyReach(acting, seeing, administering, teamId);
    }

    /** Fails with FORBIDDEN or NOT_FOUND. */
    void require(KeyRef ref, ApiKey key) {
        if (key == null || !isOfTeam(key) || !(holds(acting, key) || holds(seeing, key))) {
            throw ref.notFound();
        }
        if (!holds(acting, key)) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("key")
                    .detail(
                            "Not allowed: %s needs a proxy admin or an admin of the key's team or organization",
                            acting.action().route);
        }
    }

    /** Whether a key can be seen at all, told by what is read before the key itself. */
    boolean sees(KeyHead key) {
        return holds(acting, key) || holds(seeing, key);
    }

    private boolean isOfTeam(ApiKey key) {
        return onlyTeam == null || onlyTeam.equals(key.teamId);
    }

    boolean everything() {
        return acting.boundary().everything();
    }

    /** Whether the caller is an admin of the key's team or organization, or a proxy admin. */
    boolean administers(ApiKey key) {
        return administering != null && administering.boundary().holdsTeam(key.teamId, key.organizationId);
    }

    boolean isOwnOrNobodys(ApiKey key) {
        var caller = acting.caller();
        return key.userId == null || key.userId.equals(caller.userId());
    }

    static boolean holds(Scope scope, ApiKey key) {
        return scope.boundary().holds(key.organizationId, key.teamId, key.userId)
                || key.id().equals(scope.boundary().keyId());
    }

    private static boolean holds(Scope scope, KeyHead key) {
        return scope.boundary().holds(key.organizationId(), key.teamId(), key.userId())
                || key.keyId().toString().equals(scope.boundary().keyId());
    }
}
