package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ModelLists;
import io.tenantry.tenancy.ObjectPermission;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Changes the terms of keys in the caller's transaction: a constant number of statements, however many keys. Holds what the keys belong to before
 * the keys themselves, in the order in which all transactions lock.
 */
@ApplicationScoped
class KeyEditor {

    private final KeyRepository keys;
    private final ParentLookup parents;

    private final KeyAllocation allocation;
    private final KeyThroughput throughput;

    KeyEditor(KeyRepository keys, ParentLookup parents, KeyAllocation allocation, KeyThroughput throughput) {
        this.keys = keys;
        this.parents = parents;
        this.allocation = allocation;
        this.throughput = throughput;
    }

    /** A key, and what is asked of it. */
    record Wish(KeyRef ref, UpdateKeyRequest request) {}

    /**
     * What became of a wish: a changed key that is not yet written, or the reason why not.
     *
     * @param before     the key's audited view before the change
     * @param permission the key's object permission after the change, where it was asked for
     */
    record Outcome(Wish wish, ApiKey key, Map<String, Object> before, ObjectPermission permission, Problem problem) {

        /** The key's audited view after the change. */
        Map<String, Object> after() {
            return KeyView.audited(key, permission);
        }

        boolean isDone() {
            return problem == null;
        }

        /** The changed key; fails with the reason where there is none. */
        ApiKey keyOrFail() {
            if (problem != null) {
                throw problem;
            }
            return key;
        }
    }

    /** A wish with what was found for it; a part is null where it was not. */
    private record Found(Wish wish, KeyHead head, KeyParents parents, ApiKey key) {

        Found with(KeyParents held) {
            return new Found(wish, head, held, key);
        }

        Found with(ApiKey locked) {
            return new Found(wish, head, parents, locked);
        }

        KeyOwner owner() {
            return wish.request().ownerAfter(head.owner());
        }

        AliasClaims.Name aliasAfter() {
            return AliasClaims.Name.of(
                    parents.asked().teamId(),
                    parents.ownOrganizationId(),
                    parents.asked().userId(),
                    wish.request().keyAlias().over(key.keyAlias));
        }
    }

    /**
     * Changes every key for which that is possible, in the order of the wishes. The others are left as they are, and forgotten by the session.
     */
    Uni<List<Outcome>> edit(KeyReach reach, List<Wish> wishes) {
        boolean listed =
                wishes.stream().anyMatch(wish -> wish.request().models().isPresent());
        return ModelLists.hold(listed)
                .chain(() -> KeyGroups.hold(groups(wishes)))
                .flatMap(groups -> keys.heads(
                                reach, wishes.stream().map(Wish::ref).toList())
                        .map(heads -> matched(wishes, heads))
                        .flatMap(found -> holdParents(reach, found))
                        .flatMap(this::lock)
                        .flatMap(found -> known(groups, found).flatMap(known -> edit(reach, found, known))));
    }

    private static Set<String> groups(List<Wish> wishes) {
        return wishes.stream().flatMap(wish -> wish.request().groups().stream()).collect(Collectors.toSet());
    }

    /** What is known beside the keys and their parents. */
    private record Known(KeyGroups groups, PermissionChange permissions, AliasClaims aliases) {}

    private static Uni<Known> known(KeyGroups groups, List<Found> found) {
        return permissions(found).flatMap(permissions -> aliases(found)
                .map(aliases -> new Known(groups, new PermissionChange(permissions), aliases)));
    }

    private static List<Found> matched(List<Wish> wishes, List<KeyHead> heads) {
        var byName = new HashMap<Object, KeyHead>();
        heads.forEach(head -> {
            byName.put(head.secretHash(), head);
            byName.put(head.keyId(), head);
        });
        return wishes.stream()
                .map(wish -> new Found(wish, byName.get(wish.ref().name()), null, null))
                .toList();
    }

    private Uni<List<Found>> holdParents(KeyReach reach, List<Found> found) {
        var known = found.stream().filter(one -> one.head() != null).toList();
        var owners = known.stream().map(Found::owner).toList();
        var touching = known.stream()
                .filter(one -> one.wish().request().changesAllocation())
                .map(Found::owner)
                .toList();
        return allocation
                .claim(touching)
                .chain(() -> parents.hold(owners, reach.acting().caller()))
                .map(held -> {
                    var next = held.iterator();
                    return found.stream()
                            .map(one -> one.head() == null ? one : one.with(next.next()))
                            .toList();
                });
    }

    private Uni<List<Found>> lock(List<Found> found) {
        var ids = found.stream()
                .filter(one -> one.head() != null)
                .map(one -> one.head().keyId())
                .distinct()
                .toList();
        return keys.lockAll(ids).map(locked -> {
            var byId = locked.stream().collect(Collectors.toMap(key -> key.keyId, Function.identity()));
            return found.stream()
                    .map(one -> one.head() == null
                            ? one
                            : one.with(byId.get(one.head().keyId())))
                    .toList();
        });
    }

    /** The object permissions that matter, by id: the keys' own, and those of the teams and organizations above. */
    private static Uni<Map<String, ObjectPermission>> permissions(List<Found> found) {
        var ids = found.stream()
                .filter(one -> one.key() != null
                        && one.wish().request().objectPermission().isPresent())
                .flatMap(KeyEditor::permissionIds)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        return ids.isEmpty()
                ? Uni.createFrom().item(Map.of())
                : ObjectPermission.<ObjectPermission>list("objectPermissionId in ?1", ids)
                        .map(list -> list.stream()
                                .collect(Collectors.toMap(one -> one.objectPermissionId, Function.identity())));
    }

    private static Stream<String> permissionIds(Found found) {
        return Stream.concat(
                Stream.of(found.key().objectPermissionId), found.parents().permissionIds());
    }

    /** Who has the aliases that keys are to have which get another alias or owner. */
    private static Uni<AliasClaims> aliases(List<Found> found) {
        return AliasClaims.of(found.stream()
                .filter(one -> one.key() != null && one.wish().request().changesAlias())
                .map(Found::aliasAfter)
                .filter(Objects::nonNull)
                .distinct()
                .toList());
    }

    private Uni<List<Outcome>> edit(KeyReach reach, List<Found> found, Known known) {
        var outcomes = new ArrayList<Outcome>(found.size());
        var seen = new HashMap<UUID, Boolean>();
        for (var one : found) {
            boolean again = one.head() != null && seen.put(one.head().keyId(), true) != null;
            outcomes.add(again ? namedTwice(one) : edit(reach, one, known));
        }
        return Panache.getSession()
                .invoke(session -> outcomes.stream()
                        .filter(outcome -> !outcome.isDone() && outcome.key() != null)
                        .forEach(outcome -> session.detach(outcome.key())))
                .call(known.permissions()::store)
                .chain(() -> requireAllocation(outcomes))
                .chain(() -> requireThroughput(outcomes))
                .replaceWith(outcomes);
    }

    /** What is handed out exactly is summed up with all of these changes in place. */
    private Uni<Void> requireAllocation(List<Outcome> outcomes) {
        var changed = outcomes.stream()
                .filter(outcome -> outcome.isDone() && outcome.wish().request().changesAllocation())
                .map(Outcome::key)
                .toList();
        return changed.isEmpty()
                ? Uni.createFrom().voidItem()
                : keys.write(changed).chain(() -> allocation.requireAll(changed));
    }

    /** The same for throughput that is guaranteed. */
    private Uni<Void> requireThroughput(List<Outcome> outcomes) {
        var changed = outcomes.stream()
                .filter(outcome -> outcome.isDone() && outcome.wish().request().changesThroughput())
                .map(Outcome::key)
                .toList();
        return changed.isEmpty()
                ? Uni.createFrom().voidItem()
                : keys.write(changed).chain(() -> throughput.requireAll(changed));
    }

    private static Outcome namedTwice(Found one) {
        return new Outcome(
                one.wish(),
                null,
                null,
                null,
                Problem.of(ProblemCode.INVALID_VALUE).param("key").detail("This key is named more than once"));
    }

    private static Outcome edit(KeyReach reach, Found one, Known known) {
        var request = one.wish().request();
        try {
            reach.require(one.wish().ref(), one.key());
            requireCurrent(one);
            request.requireSupported();
            KeyRights.requireMove(reach, one.key(), one.parents());
            var before = KeyView.audited(one.key(), known.permissions().of(one.key()));
            var terms = one.key().terms();
            KeyChange.apply(
                    one.key(), request, one.parents(), reach.acting().caller().actor());
            KeyRights.requireNotWidened(reach, terms, one.key());
            KeyCeilings.require(reach.acting(), terms, one.key(), one.parents());
            known.groups()
                    .require(reach.everything(), one.parents().team(), terms.accessGroupIds, one.key().accessGroupIds);
            known.aliases().requireFree(one.key());
            var permission = known.permissions().apply(reach, one.key(), one.parents(), request.objectPermission());
            known.aliases().move(terms, one.key());
            return new Outcome(one.wish(), one.key(), before, permission, null);
        } catch (Problem problem) {
            return new Outcome(one.wish(), one.key(), null, null, problem);
        }
    }

    private static void requireCurrent(Found one) {
        if (one.head().isOutdatedBy(one.key())) {
            throw Problem.of(ProblemCode.CONFLICT)
                    .param("key")
                    .detail("The key was moved or rotated by somebody else in the meantime: read it again");
        }
    }
}
