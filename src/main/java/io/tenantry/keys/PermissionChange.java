package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ObjectPermission;
import io.tenantry.tenancy.ObjectPermissionRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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

    /** Fails with FORBIDDEN for whoever may only narrow and the key has one, with PARENT_LIMIT_EXCEEDED for more than the parents have. */
    void apply(KeyReach reach, ApiKey key, KeyParents parents, Patch<ObjectPermissionRequest> asked) {
        if (!asked.isPresent()) {
            return;
        }
        var current = key.objectPermissionId == null ? null : known.get(key.objectPermissionId);
        if (current != null && !reach.everything() && !reach.administers(key)) {
            throw Problem.of(ProblemCode.FORBIDDEN)
                    .param("object_permission")
                    .detail(
                            "Not allowed: only an admin of the key's team or organization may change its object_permission");
        }
        if (asked.orNull() == null) {
            key.objectPermissionId = null;
            if (current != null) {
                removed.add(current);
            }
            return;
        }
        var permission = asked.orNull().toPermission();
        parents.permissionIds()
                .map(known::get)
                .filter(Objects::nonNull)
                .forEach(ceiling -> PermissionCeiling.require(ceiling, permission));
        if (current == null) {
            key.objectPermissionId = permission.objectPermissionId;
            added.add(permission);
        } else {
            replace(current, permission);
        }
    }

    private static void replace(ObjectPermission current, ObjectPermission asked) {
        current.mcpServers = asked.mcpServers;
        current.mcpAccessGroups = asked.mcpAccessGroups;
        current.mcpToolPermissions = asked.mcpToolPermissions;
        current.vectorStores = asked.vectorStores;
        current.agents = asked.agents;
        current.agentAccessGroups = asked.agentAccessGroups;
        current.updatedAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
    }

    /** The session writes additions before the keys that refer to them, and removals after. */
    Uni<Void> store(Mutiny.Session session) {
        var persisted = added.isEmpty() ? Uni.createFrom().voidItem() : session.persistAll(added.toArray());
        return persisted.chain(
                () -> removed.isEmpty() ? Uni.createFrom().voidItem() : session.removeAll(removed.toArray()));
    }
}
