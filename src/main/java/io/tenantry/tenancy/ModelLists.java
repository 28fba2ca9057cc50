package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;

/**
 * Lists of models, which may name access groups. Whoever changes a group claims all lists, then touches the rows whose lists name it. So whoever changes a
 * list holds them before any row is locked: the trigger that sees to it (V9) comes after that, and the two would wait for each other.
 */
public final class ModelLists {

    private static final String HOLD = "select cast(pg_advisory_xact_lock_shared(hashtext('access_group')) as text)";

    private ModelLists() {}

    /** @param changed whether the transaction changes one; nothing is held where not */
    public static Uni<Void> hold(boolean changed) {
        return changed
                ? Panache.getSession()
                        .flatMap(session ->
                                session.createNativeQuery(HOLD, String.class).getSingleResultOrNull())
                        .replaceWithVoid()
                : Uni.createFrom().voidItem();
    }
}
