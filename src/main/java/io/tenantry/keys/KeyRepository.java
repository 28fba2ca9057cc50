package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.http.StoreFailures;
import io.tenantry.tenancy.ObjectPermission;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** Queries for keys. Each runs in the caller's session and, where it locks or changes, in the caller's transaction. */
@ApplicationScoped
class KeyRepository implements PanacheRepositoryBase<ApiKey, UUID> {

    // Settlements that arrive after a delete are still booked to whom the key belonged.
    private static final String KEEP_DELETED = """
            insert into deleted_api_key (key_id, secret_hash, key_name, key_alias, user_id, team_id, organization_id, deleted_by)
            select k.key_id, k.secret_hash, k.key_name, k.key_alias, k.user_id, k.team_id,
                   coalesce(t.organization_id, k.organization_id), :actor
            from api_key k left join team t on t.team_id = k.team_id
            where k.key_id in (:ids)""";

    private static final String UPDATED_AT = "select updatedAt from ApiKey where keyId = :id";

    /** The key that is named so; null when there is none. */
    Uni<ApiKey> named(KeyRef ref) {
        return ref.keyId() == null ? find("secretHash", ref.secretHash()).firstResult() : findById(ref.keyId());
    }

    /** As {@link #named}, and nobody else changes it until this transaction ends. */
    Uni<ApiKey> lockNamed(KeyRef ref) {
        return ref.keyId() == null
                ? find("secretHash", ref.secretHash())
                        .withLock(LockModeType.PESSIMISTIC_WRITE)
                        .firstResult()
                : findById(ref.keyId(), LockModeType.PESSIMISTIC_WRITE);
    }

    /** Those of them that exist, locked in one order, so that two deletes cannot wait for each other. */
    Uni<List<ApiKey>> lockAll(Collection<KeyRef> refs) {
        var hashes =
                refs.stream().map(KeyRef::secretHash).filter(Objects::nonNull).toList();
        var ids = refs.stream().map(KeyRef::keyId).filter(Objects::nonNull).toList();
        return find("secretHash in ?1 or keyId in ?2 order by keyId", hashes, ids)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
    }

    /** Newest first. */
    Uni<List<ApiKey>> ofIds(Collection<UUID> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(List.of())
                : list("keyId in ?1 order by createdAt desc, keyId", ids);
    }

    Uni<List<ApiKey>> newestOfTeam(String teamId, Instant now, int limit) {
        return find("teamId = ?1 and (expiresAt is null or expiresAt > ?2) order by createdAt desc, keyId", teamId, now)
                .page(0, limit)
                .list();
    }

    Uni<List<ApiKey>> newestOfUser(String userId, int limit) {
        return find("userId = ?1 order by createdAt desc, keyId", userId)
                .page(0, limit)
                .list();
    }

    /** Fails with INVALID_VALUE when the alias is taken, with ALREADY_EXISTS when the secret is. */
    Uni<ApiKey> add(ApiKey key) {
        return persistAndFlush(key).onFailure().transform(failure -> taken(key, failure));
    }

    /** Writes the change and reads the time that the trigger gave it. */
    Uni<Void> readBack(ApiKey key) {
        return Panache.getSession()
                .flatMap(session -> session.flush().chain(() -> session.createQuery(UPDATED_AT, Instant.class)
                        .setParameter("id", key.keyId)
                        .getSingleResult()))
                .invoke(updatedAt -> key.updatedAt = updatedAt)
                .replaceWithVoid();
    }

    /** Moves the keys, which this transaction has locked, to the deleted ones. */
    Uni<Void> delete(List<ApiKey> keys, String actor) {
        var ids = keys.stream().map(key -> key.keyId).toList();
        var permissions = keys.stream()
                .map(key -> key.objectPermissionId)
                .filter(Objects::nonNull)
                .toList();
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(KEEP_DELETED)
                        .setParameter("actor", actor)
                        .setParameter("ids", ids)
                        .executeUpdate())
                .chain(() -> delete("keyId in ?1", ids))
                .chain(() -> deletePermissions(permissions));
    }

    private static Uni<Void> deletePermissions(List<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().voidItem()
                : ObjectPermission.delete("objectPermissionId in ?1", ids).replaceWithVoid();
    }

    private static Throwable taken(ApiKey key, Throwable failure) {
        return switch (StoreFailures.violatedConstraint(failure).orElse("")) {
            case "api_key_alias" ->
                Problem.of(ProblemCode.INVALID_VALUE)
                        .param("key_alias")
                        .detail(
                                "Key with alias '%s' already exists. An alias is unique for its team, organization or user",
                                key.keyAlias);
            case "api_key_secret_hash_key" ->
                Problem.of(ProblemCode.ALREADY_EXISTS).param("key").detail("This key already exists");
            default -> failure;
        };
    }
}
