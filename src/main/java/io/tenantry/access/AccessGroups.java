package io.tenantry.access;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.access.AccessGroupView.Assigned;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.List;
import java.util.function.Function;

/** What can be done with model access groups. A change is true at once for every list that names one and everything that one is assigned to. */
@ApplicationScoped
public class AccessGroups {

    /** The list has no pages; it ends here. */
    static final int MOST_GROUPS = 1_000;

    /** One change at a time, before any row is locked: changes of two groups may touch the same teams and keys. */
    private static final String CLAIM = "select cast(pg_advisory_xact_lock(hashtext('access_group')) as text)";

    private final Changes changes;
    private final AuditTrail audit;
    private final GroupAssignments assignments;

    AccessGroups(Changes changes, AuditTrail audit, GroupAssignments assignments) {
        this.changes = changes;
        this.audit = audit;
        this.assignments = assignments;
    }

    /** Makes a group. Fails with ALREADY_EXISTS for a name that is taken, with NOT_FOUND for a team or key that does not exist. */
    Uni<AccessGroupView> create(Scope scope, NewAccessGroupRequest request) {
        var actor = scope.caller().actor();
        var group = request.toGroup(actor);
        return changes.inTransaction(() -> claim().chain(() -> requireFree(group))
                .chain(() -> group.persistAndFlush())
                .chain(() -> assignments.setTeams(group.accessGroupId, request.teamsOrNone(), actor))
                .chain(() -> assignments.setKeys(group.accessGroupId, request.keysOrNone(), actor))
                .chain(() -> view(group))
                .call(view -> audit.record(AuditAction.CREATED, group.ref(), null, null, view)));
    }

    private static Uni<?> claim() {
        return Panache.getSession().flatMap(session -> session.createNativeQuery(CLAIM, String.class)
                .getSingleResultOrNull());
    }

    private static Uni<?> requireFree(AccessGroup group) {
        return AccessGroup.count(
                        "accessGroupName = ?1 and accessGroupId <> ?2", group.accessGroupName, group.accessGroupId)
                .invoke(taken -> {
                    if (taken > 0) {
                        throw Problem.of(ProblemCode.ALREADY_EXISTS)
                                .param("access_group_name")
                                .detail("Access group '%s' already exists", group.accessGroupName);
                    }
                });
    }

    private Uni<AccessGroupView> view(AccessGroup group) {
        return assignments
                .of(List.of(group.accessGroupId))
                .map(assigned -> AccessGroupView.of(group, assigned.getOrDefault(group.accessGroupId, Assigned.NONE)));
    }

    /** One group; fails with NOT_FOUND. */
    Uni<AccessGroupView> info(Scope scope, String groupId) {
        return Panache.withSession(() -> AccessGroup.<AccessGroup>findById(groupId)
                .onItem()
                .ifNull()
                .failWith(() -> missing(groupId))
                .flatMap(this::view));
    }

    /** The groups, newest first, {@value #MOST_GROUPS} at most. */
    Uni<List<AccessGroupView>> list(Scope scope) {
        return Panache.withSession(() -> AccessGroup.<AccessGroup>find("order by createdAt desc, accessGroupId")
                .page(0, MOST_GROUPS)
                .list()
                .flatMap(groups -> assignments
                        .of(groups.stream().map(group -> group.accessGroupId).toList())
                        .map(assigned -> groups.stream()
                                .map(group -> AccessGroupView.of(
                                        group, assigned.getOrDefault(group.accessGroupId, Assigned.NONE)))
                                .toList())));
    }

    /** Changes a group. Fails with NOT_FOUND for a group, team or key that does not exist, with ALREADY_EXISTS for a name that is taken. */
    Uni<AccessGroupView> update(Scope scope, String groupId, UpdateAccessGroupRequest request) {
        request.requireSupported();
        return changes.inTransaction(() -> claim().chain(() -> lock(groupId)).flatMap(group -> view(group)
                .flatMap(before -> change(group, request, scope.caller().actor())
                        .chain(() -> view(group))
                        .call(after -> audit.record(AuditAction.UPDATED, group.ref(), null, before, after)))));
    }

    private static Uni<AccessGroup> lock(String groupId) {
        return AccessGroup.<AccessGroup>findById(groupId, LockModeType.PESSIMISTIC_WRITE)
                .onItem()
                .ifNull()
                .failWith(() -> missing(groupId));
    }

    private static Problem missing(String groupId) {
        return Problem.notFound(ResourceKind.ACCESS_GROUP, groupId);
    }

    private Uni<Void> change(AccessGroup group, UpdateAccessGroupRequest request, String actor) {
        request.applyTo(group, actor);
        return requireFree(group)
                .chain(() ->
                        Panache.getSession().flatMap(session -> session.flush().chain(() -> session.refresh(group))))
                .chain(() ->
                        assign(request.assignedTeamIds(), ids -> assignments.setTeams(group.accessGroupId, ids, actor)))
                .chain(() ->
                        assign(request.assignedKeyIds(), ids -> assignments.setKeys(group.accessGroupId, ids, actor)));
    }

    private static Uni<Void> assign(Patch<List<String>> ids, Function<List<String>, Uni<Void>> step) {
        if (!ids.isPresent()) {
            return Uni.createFrom().voidItem();
        }
        return step.apply(ids.orNull() == null ? List.of() : ids.orNull());
    }

    /**
     * Deletes a group. It leaves the teams and keys that it was assigned to; one that had nothing else may use no model then, rather than all of
     * them. Fails with NOT_FOUND.
     */
    Uni<Void> delete(Scope scope, String groupId) {
        return changes.inTransaction(() -> claim().chain(() -> lock(groupId)).flatMap(group -> view(group)
                .call(() -> group.delete())
                .flatMap(before -> audit.record(AuditAction.DELETED, group.ref(), null, before, null))));
    }
}
