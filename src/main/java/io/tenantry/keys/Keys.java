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
import io.tenantry.tenancy.ModelLists;
import io.tenantry.tenancy.ObjectPermission;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

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
    private final KeyThroughput throughput;

    Keys(
            Changes changes,
            AuditTrail audit,
            ParentLookup parents,
            KeyRepository keys,
            KeySearch search,
            KeyRows rows,
            KeyAllocation allocation,
            KeyThroughput throughput) {
        this.changes = changes;
        this.audit = audit;
        this.parents = parents;
        this.keys = keys;
        this.search = search;
        this.rows = rows;
        this.allocation = allocation;
        this.throughput = throughput;
    }

    /**
     * Makes a key. Fails with NOT_ENFORCED, INVALID_VALUE, NEGATIVE_LIMIT, INVALID_DURATION, BUDGET_CONFLICT or PARENT_LIMIT_EXCEEDED for
     * what is asked, with FORBIDDEN or NOT_FOUND for whom it is asked, with ALREADY_EXISTS when the chosen secret is taken.
     */
    Uni<NewKey> issue(Scope scope, IssueKeyRequest request) {
        return issue(scope, request, KeyOwner.asked(scope.caller(), request));
    }

    /** As {@link #issue}, for a key that belongs to its team and to no user. */
    Uni<NewKey> issueServiceAccount(Scope scope, IssueKeyRequest request) {
        if (request.teamId() == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("team_id")
                    .detail("team_id is required for a service account: the key belongs to the team");
        }
        return issue(
                scope, request, new KeyOwner(null, request.teamId(), request.organizationId(), request.budgetId()));
    }

    private Uni<NewKey> issue(Scope scope, IssueKeyRequest request, KeyOwner owner) {
        request.requireSupported();
        return changes.inTransaction(() -> ModelLists.hold(request.models() != null)
                .chain(() -> KeyGroups.hold(request.groups()))
                .flatMap(groups -> allocation
                        .claim(List.of(owner))
                        .chain(() -> parents.hold(owner, scope.caller()))
                        .invoke(found -> found.requireWithin(scope))
                        .invoke(found -> groups.require(
                                scope.boundary().everything(), found.team(), List.of(), request.groups()))
                        .map(found -> NewKey.of(scope, request, found))
                        .flatMap(this::store)));
    }

    /** Stores a key in the caller's transaction. */
    Uni<NewKey> store(NewKey issued) {
        return requirePermissionWithinParents(issued)
                .chain(() -> allocation.require(issued.key()))
                .chain(() -> throughput.require(issued.key()))
                .chain(() -> storePermission(issued))
                .chain(() -> keys.add(issued.key()))
                .call(key -> audit.record(
                        AuditAction.CREATED,
                        key.ref(),
                        key.organizationId,
                        null,
                        KeyView.audited(key, issued.permission())))
                .replaceWith(issued);
    }

    private static Uni<Void> requirePermissionWithinParents(NewKey issued) {
        var ceilings = issued.parents().permissionIds().toList();
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
        var reach = new KeyReach(scope, scope);
        return Panache.withSession(() ->
                keys.named(reach, ref).invoke(key -> reach.require(ref, key)).flatMap(rows::of));
    }

    /** Those of these keys that are there and within reach, the most expensive first; the others are left out. */
    Uni<List<Map<String, Object>>> infos(Scope scope, List<String> named) {
        var refs = named.stream().map(KeyRef::of).toList();
        return Panache.withSession(() -> keys.heads(new KeyReach(scope, scope), refs)
                .map(heads -> heads.stream().map(KeyHead::keyId).collect(Collectors.toSet()))
                .flatMap(keys::ofIds)
                .map(found ->
                        found.stream().filter(key -> KeyReach.holds(scope, key)).toList())
                .flatMap(rows::of)
                .map(Keys::bySpend));
    }

    private static List<Map<String, Object>> bySpend(List<Map<String, Object>> rows) {
        return rows.stream()
                .sorted(Comparator.comparing((Map<String, Object> row) -> (BigDecimal) row.get("spend"))
                        .reversed())
                .toList();
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
        return changes.inTransaction(() -> keys.lockNamed(reach, ref)
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
        return changes.inTransaction(() -> keys.heads(reach, refs)
                .flatMap(heads -> keys.lockAll(ids(heads)).invoke(found -> requireAll(reach, refs, heads, found)))
                .call(found -> delete(reach.acting(), found))
                .replaceWithVoid());
    }

    private static Set<UUID> ids(List<KeyHead> heads) {
        return heads.stream().map(KeyHead::keyId).collect(Collectors.toSet());
    }

    private static void requireAll(KeyReach reach, List<KeyRef> refs, List<KeyHead> heads, List<ApiKey> found) {
        if (found.isEmpty()) {
            throw refs.get(0).notFound();
        }
        var byId = found.stream().collect(Collectors.toMap(key -> key.keyId, Function.identity()));
        var byName = new HashMap<Object, ApiKey>();
        heads.forEach(head -> {
            byName.put(head.secretHash(), byId.get(head.keyId()));
            byName.put(head.keyId(), byId.get(head.keyId()));
        });
        refs.forEach(ref -> requireOne(reach, ref, byName.get(ref.name())));
    }

    private static void requireOne(KeyReach reach, KeyRef ref, ApiKey key) {
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
        return keys.delete(found, scope.caller().actor())
                .chain(() -> audit.recordAll(found.stream()
                        .map(key -> new AuditTrail.Entry(
                                AuditAction.DELETED, key.ref(), key.organizationId, KeyView.audited(key), null))
                        .toList()));
    }
}
