package io.tenantry.access;

import static java.util.stream.Collectors.toMap;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ResourceKind;
import io.tenantry.tenancy.ModelGroups;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Access groups as rows. */
@ApplicationScoped
class StoredModelGroups implements ModelGroups {

    private static final String HOLD = """
            select access_group_id from access_group where access_group_id = any(cast(:ids as text[]))
            order by access_group_id for share""";

    @Override
    public Uni<Map<String, Group>> byIds(Collection<String> groupIds) {
        return groupIds.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : AccessGroup.<AccessGroup>list("accessGroupId in ?1", groupIds).map(found -> found.stream()
                        .map(group -> new Group(group.accessGroupId, group.accessGroupName, group.models))
                        .collect(toMap(Group::accessGroupId, group -> group)));
    }

    @Override
    public Uni<Void> hold(Collection<String> groupIds) {
        return groupIds.isEmpty()
                ? Uni.createFrom().voidItem()
                : Panache.getSession()
                        .flatMap(session -> session.createNativeQuery(HOLD, String.class)
                                .setParameter("ids", groupIds.toArray(String[]::new))
                                .getResultList())
                        .invoke(found -> requireAll(groupIds, found))
                        .replaceWithVoid();
    }

    private static void requireAll(Collection<String> groupIds, List<String> found) {
        groupIds.stream().filter(id -> !found.contains(id)).findFirst().ifPresent(id -> {
            throw Problem.notFound(ResourceKind.ACCESS_GROUP, id).param("access_group_ids");
        });
    }
}
