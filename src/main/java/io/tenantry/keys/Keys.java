package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.audit.AuditAction;
import io.tenantry.audit.AuditTrail;
import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.change.Changes;
import io.tenantry.tenancy.ObjectPermission;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** What can be done with a key. A change, its audit entry and its announcement are there together or not at all. */
@ApplicationScoped
public class Keys {

    private final Changes changes;
    private final AuditTrail audit;
    private final ParentLookup parents;
    private final KeyRepository keys;
    private final KeySearch search;
    private final KeyRows rows;
    private final KeyAllocation allocation;

    Keys(
            Changes changes,
            AuditTrail audit,
            ParentLookup parents,
            KeyRepository keys,
            KeySearch search,
            KeyRows rows,
            KeyAllocation allocation) {
        this.changes = changes;
        this.audit = audit;
        this.parents = parents;
        this.keys = keys;
        this.search = search;
        this.rows = rows;
        this.allocation = allocation;
    }

    /**
     * Makes a key. Fails with NOT_ENFORCED, INVALID_VALUE, NEGATIVE_LIMIT, INVALID_DURATION, BUDGET_CONFLICT or PARENT_LIMIT_EXCEEDED for
     * what is asked, with FORBIDDEN or NOT_FOUND for whom it is asked, with ALREADY_EXISTS when the chosen secret is taken.
     */
    Uni<NewKey> issue(Scope scope, IssueKeyRequest request) {
        request.requireSupported();
        // read before the transaction: it would otherwise hold one connection and wait for a second
        return parents.of(KeyOwner.asked(scope.caller(), request), scope.caller())
                .invoke(found -> found.requireWithin(scope))
                .map(found -> NewKey.of(scope, request, found))
                .flatMap(issued -> changes.inTransaction(() -> store(issued)));
    }

    /** Stores a key in the caller's transaction. */
    Uni<NewKey> store(NewKey issued) {
        return requirePermissionWithinParents(issued)
                .chain(() -> allocation.require(issued.key()))
                .chain(() -> storePermission(issued))
                .chain(() -> keys.add(issued.key()))
                .call(key ->
                        audit.record(AuditAction.CREATED, key.ref(), key.organizationId, null, KeyView.audited(key)))
                .replaceWith(issued);
    }

    private static Uni<Void> requirePermissionWithinParents(NewKey issued) {
        var ceilings = Stream.of(issued.parents().team(), issued.parents().organization())
                .filter(Objects::nonNull)
                .map(KeyParent::permissionId)
                .filter(Objects::nonNull)
                .toList();
        if (issued.permission() == null || ceilings.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return ObjectPermission.<ObjectPermission>list("objectPermissionId in ?1", ceilings)
                .invoke(found -> found.forEach(ceiling -> PermissionCeiling.require(ceiling, issued.permission())))
                .replaceWithVoid();
    }

    private static Uni<Void> storePermission(NewKey issued) {
        return issued.permission() == null
                ? Uni.createFrom().voidItem()
                : issued.permission().persist().replaceWithVoid();
    }

    /**
     * One key as clients read it.
     *
     * @param named null for the calling key
     */
    Uni<Map<String, Object>> info(Scope scope, String named) {
        var ref = named == null || named.isBlank() ? callingKey(scope.caller()) : KeyRef.of(named);
        return Panache.withSession(() -> keys.named(ref)
                .invoke(key -> new KeyReach(scope, scope).require(ref, key))
                .flatMap(rows::of));
    }

    private static KeyRef callingKey(Caller caller) {
        if (caller.keyId() == null) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("key")
                    .detail("key is required: the calling credential is no virtual key");
        }
        return KeyRef.ofId(caller.keyId());
    }

    /** Makes the key unusable; when the answer is out, no instance admits it. */
    Uni<Map<String, Object>> block(KeyReach reach, KeyRef ref) {
        return switchBlock(reach, ref, true, AuditAction.BLOCKED);
    }

    /** Makes the key usable again. */
    Uni<Map<String, Object>> unblock(KeyReach reach, KeyRef ref) {
        return switchBlock(reach, ref, false, AuditAction.UNBLOCKED);
    }

    private Uni<Map<String, Object>> switchBlock(KeyReach reach, KeyRef ref, boolean blocked, AuditAction action) {
        return changes.inTransaction(() -> keys.lockNamed(ref)
                        .invoke(key -> reach.require(ref, key))
                        .call(key -> key.blocked == blocked
                                ? Uni.createFrom().voidItem()
                                : switchBlock(key, reach.acting().caller(), blocked, action)))
                .flatMap(key -> Panache.withSession(() -> rows.of(key)));
    }

    private Uni<Void> switchBlock(ApiKey key, Caller caller, boolean blocked, AuditAction action) {
        var before = KeyView.audited(key);
        key.blocked = blocked;
        key.updatedBy = caller.actor();
        return keys.readBack(key)
                .chain(() -> audit.record(action, key.ref(), key.organizationId, before, KeyView.audited(key)));
    }

    /**
     * Deletes all keys that are named or none. A proxy admin may name keys that are gone already, as long as one is left; for everybody
     * else a key that is missing or somebody else's fails with NOT_FOUND, so that the two cannot be told apart.
     */
    Uni<Void> delete(KeyReach reach, DeleteKeysRequest request) {
        return request.byAlias() ? deleteAliases(reach, request.keyAliases()) : deleteNamed(reach, request.keys());
    }

    private Uni<Void> deleteNamed(KeyReach reach, List<String> named) {
        var refs = named.stream().map(KeyRef::of).toList();
        return changes.inTransaction(() -> keys.lockAll(refs)
                .invoke(found -> requireAll(reach, refs, found))
                .call(found -> delete(reach.acting(), found))
                .replaceWithVoid());
    }

    private static void requireAll(KeyReach reach, List<KeyRef> refs, List<ApiKey> found) {
        if (found.isEmpty()) {
            throw refs.get(0).notFound();
        }
        refs.forEach(ref -> requireOne(reach, ref, found));
    }

    private static void requireOne(KeyReach reach, KeyRef ref, List<ApiKey> found) {
        var key = found.stream().filter(ref::names).findFirst().orElse(null);
        if (key != null || !reach.acting().boundary().everything()) {
            reach.require(ref, key);
        }
    }

    private Uni<Void> deleteAliases(KeyReach reach, List<String> aliases) {
        return search.byAliases(reach.acting(), aliases)
                .invoke(found -> found.requireUnambiguous(aliases, reach.acting()))
                .flatMap(found -> deleteNamed(reach, found.keyIds()));
    }

    private Uni<Void> delete(Scope scope, List<ApiKey> found) {
        return keys.delete(found, scope.caller().actor()).chain(() -> recordDeleted(found));
    }

    private Uni<Void> recordDeleted(List<ApiKey> deleted) {
        var recorded = Uni.createFrom().voidItem();
        for (var key : deleted) {
            recorded = recorded.chain(
                    () -> audit.record(AuditAction.DELETED, key.ref(), key.organizationId, KeyView.audited(key), null));
        }
        return recorded;
    }
}
