package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ObjectPermission;
import io.tenantry.tenancy.ObjectPermissionPatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hibernate.reactive.mutiny.Mutiny;

/** Makes, changes in place and removes the object permissions of keys that are being changed. */
final class PermissionChange {

    private final Map<String, ObjectPermission> known;
    private final List<ObjectPermission> added = new ArrayList<>();
    private final List<ObjectPermission> removed = new ArrayList<>();

    PermissionChange(Map<String, ObjectPermission> known) {
        this.known = known;
    }

    /** What the key has now, as far as it was asked for; null for none. */
    ObjectPermission of(ApiKey key) {
        return key.objectPermissionId == null ? null : known.get(key.objectPermissionId);
    }

    /**
     * What the key has afterwards; null for none, and where it is not asked for. Fails with FORBIDDEN for whoever may only narrow and the key has
     * one, with PARENT_LIMIT_EXCEEDED for more than the parents have.
     */
    ObjectPermission apply(KeyReach reach, ApiKey key, KeyParents parents, Patch<ObjectPermissionPatch> asked) {
        if (!asked.isPresent()) {
            return null;
        }
        var current = of(key);
        if (current != null && repeats(asked.orNull(), current)) {
            return current;
        }
        if (current != null && !reach.everything() && !reach.administers(key)) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("object_permission")
                    .detail(
                            "Not allowed: only an admin of the key's team or organization may change its object_permission");
        }
        return asked.orNull() == null ? remove(key, current) : change(key, current, parents, asked.orNull());
    }

    /** Rows show it, and clients send them back. */
    private static boolean repeats(ObjectPermissionPatch asked, ObjectPermission current) {
        return asked != null && after(asked, current).saysTheSameAs(current);
    }

    private static ObjectPermission after(ObjectPermissionPatch asked, ObjectPermission current) {
        var wanted = ObjectPermission.make();
        if (current != null) {
            wanted.take(current);
        }
        asked.applyTo(wanted);
        return wanted;
    }

    private ObjectPermission remove(ApiKey key, ObjectPermission current) {
        key.objectPermissionId = null;
        if (current != null) {
            removed.add(current);
        }
        return null;
    }

    private ObjectPermission change(
            ApiKey key, ObjectPermission current, KeyParents parents, ObjectPermissionPatch asked) {
        var wanted = after(asked, current);
        parents.permissionIds()
                .map(known::get)
                .filter(Objects::nonNull)
                .forEach(ceiling -> PermissionCeiling.require(ceiling, wanted));
        if (current != null) {
            current.take(wanted);
            return current;
        }
        key.objectPermissionId = wanted.objectPermissionId;
        added.add(wanted);
        return wanted;
    }

    /** The session writes additions before the keys that refer to them, and removals after. */
    Uni<Void> store(Mutiny.Session session) {
        var persisted = added.isEmpty() ? Uni.createFrom().voidItem() : session.persistAll(added.toArray());
        return persisted.chain(
                () -> removed.isEmpty() ? Uni.createFrom().voidItem() : session.removeAll(removed.toArray()));
    }
}
