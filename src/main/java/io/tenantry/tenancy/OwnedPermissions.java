package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Patch;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Object permissions, made, changed and deleted in place with the object that they belong to, which is locked. */
@ApplicationScoped
public class OwnedPermissions {

    /**
     * Changes the permission of an owner, makes one where it had none, or deletes it.
     *
     * @param link gives the owner the id that it shall refer to, null for none
     */
    public Uni<Void> change(String permissionId, Patch<ObjectPermissionPatch> patch, Consumer<String> link) {
        if (patch instanceof Patch.To<ObjectPermissionPatch> to) {
            return permissionId == null ? make(to.value(), link) : change(permissionId, to.value());
        }
        return patch.isPresent() && permissionId != null
                ? unlink(permissionId, link)
                : Uni.createFrom().voidItem();
    }

    private static Uni<Void> make(ObjectPermissionPatch patch, Consumer<String> link) {
        var permission = ObjectPermission.make();
        patch.applyTo(permission);
        return permission
                .persistAndFlush()
                .invoke(() -> link.accept(permission.objectPermissionId))
                .replaceWithVoid();
    }

    private static Uni<Void> change(String permissionId, ObjectPermissionPatch patch) {
        // the owner is locked, and nobody else changes its permission
        return ObjectPermission.<ObjectPermission>findById(permissionId)
                .invoke(patch::applyTo)
                .replaceWithVoid();
    }

    private Uni<Void> unlink(String permissionId, Consumer<String> link) {
        link.accept(null);
        return Panache.getSession().flatMap(session -> session.flush()).chain(() -> delete(List.of(permissionId)));
    }

    /** Deletes these, which nothing refers to any more; nulls are skipped. By a statement, as the rosters do. */
    public Uni<Void> delete(Collection<String> permissionIds) {
        var ids = permissionIds.stream().filter(Objects::nonNull).toList();
        return ids.isEmpty()
                ? Uni.createFrom().voidItem()
                : ObjectPermission.delete("objectPermissionId in ?1", ids).replaceWithVoid();
    }
}
