package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;

/**
 * What a caller may change and what the caller may see. A key that can be seen and not changed is refused with 403; one that cannot be
 * seen is not there.
 */
record KeyReach(Scope acting, Scope seeing) {

    /** Fails with FORBIDDEN or NOT_FOUND. */
    void require(KeyRef ref, ApiKey key) {
        if (key == null || !(holds(acting, key) || holds(seeing, key))) {
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

    static boolean holds(Scope scope, ApiKey key) {
        return scope.boundary().holds(key.organizationId, key.teamId, key.userId)
                || key.id().equals(scope.boundary().keyId());
    }
}
