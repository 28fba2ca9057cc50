package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.enterprise.context.ApplicationScoped;

/** Finds out how far a caller reaches with one action on keys. */
@ApplicationScoped
class KeyReaches {

    private final Authorizer authorizer;

    KeyReaches(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    Uni<KeyReach> of(Action action) {
        return authorizer.require(action).flatMap(acting -> authorizer
                .require(Action.READ_KEY)
                // who may block keys administers them
                .flatMap(seeing -> authorizer
                        .require(Action.BLOCK_KEY)
                        .onFailure(Problem.class)
                        .recoverWithNull()
                        .map(administering -> new KeyReach(acting, seeing, administering, null))));
    }
}
