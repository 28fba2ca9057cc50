package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.tenancy.ModelLists;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The model access groups that requests name for keys. Groups belong to no tenant: a proxy admin may assign any, everybody else those that the
 * key's team has, and what is out of reach is not there.
 */
final class KeyGroups {

    private static final String EXISTING =
            "select access_group_id from access_group where access_group_id = any(cast(:ids as text[]))";

    private final Set<String> existing;

    private KeyGroups(Set<String> existing) {
        this.existing = existing;
    }

    /** Those of the groups that exist; none of them is deleted before this transaction ends. Before anything else is held. */
    static Uni<KeyGroups> hold(Collection<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(new KeyGroups(Set.of()))
                : ModelLists.hold(true)
                        .chain(Panache::getSession)
                        .flatMap(session -> session.createNativeQuery(EXISTING, String.class)
                                .setParameter("ids", ids.toArray(String[]::new))
                                .getResultList())
                        .map(found -> new KeyGroups(Set.copyOf(found)));
    }

    /** Fails with NOT_FOUND for a group that the key did not have before and that this caller may not assign to a key of this team. */
    void require(boolean everything, KeyParent team, List<String> before, List<String> after) {
        after.stream()
                .filter(id -> !before.contains(id) && !mayAssign(everything, team, id))
                .findFirst()
                .ifPresent(KeyGroups::notFound);
    }

    private boolean mayAssign(boolean everything, KeyParent team, String id) {
        return existing.contains(id)
                && (everything || (team != null && team.accessGroupIds().contains(id)));
    }

    private static void notFound(String id) {
        throw Problem.notFound(ResourceKind.ACCESS_GROUP, id).param("access_group_ids");
    }
}
