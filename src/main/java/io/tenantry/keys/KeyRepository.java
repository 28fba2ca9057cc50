package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.CurrentCaller;
import io.tenantry.platform.database.ReadSession;
import io.tenantry.platform.http.StoreFailures;
import io.tenantry.tenancy.ObjectPermission;
import io.vertx.core.json.JsonArray;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Queries for keys. Each runs in the caller's session and, where it locks or changes, in the caller's transaction. */
@ApplicationScoped
class KeyRepository implements PanacheRepositoryBase<ApiKey, UUID> {

    // Settlements that arrive after a delete are still booked to whom the key belonged.
    private static final String KEEP_DELETED = """
            insert into deleted_api_key (key_id, secret_hash, key_name, key_alias, user_id, team_id, organization_id, deleted_by,
                                         deleted_by_api_key, on_behalf_of)
            select k.key_id, k.secret_hash, k.key_name, k.key_alias, k.user_id, k.team_id,
                   coalesce(t.organization_id, k.organization_id), :actor, cast(:actorKey as uuid), :onBehalfOf
            from api_key k left join team t on t.team_id = k.team_id
            where k.key_id in (:ids)""";

    private static final String OF_TEAM =
            "select keyId from ApiKey where teamId = :team and keyId > :after order by keyId";

    private static final String UPDATED_AT = "select keyId, updatedAt from ApiKey where keyId in :ids";

    private static final String HEADS = """
            select s.secret_hash, cast(k.key_id as text), k.user_id, k.team_id, k.organization_id,
                   coalesce((select t.organization_id from team t where t.team_id = k.team_id), k.organization_id), k.budget_id, k.rotation_count
            from key_secret s join api_key k on k.key_id = s.key_id
            where s.secret_hash = any(array(select jsonb_array_elements_text(cast(cast(:hashes as text) as jsonb))))
              and (s.valid_until is null or s.valid_until > now())
            union all
            select k.secret_hash, cast(k.key_id as text), k.user_id, k.team_id, k.organization_id,
                   coalesce((select t.organization_id from team t where t.team_id = k.team_id), k.organization_id), k.budget_id, k.rotation_count
            from api_key k
            where k.key_id = any(array(select cast(jsonb_array_elements_text(cast(cast(:ids as text) as jsonb)) as uuid)))""";

    private final CurrentCaller current;

    KeyRepository(CurrentCaller current) {
        this.current = current;
    }

    /**
     * Which keys are named so, also by a secret in its grace, in one statement. A name that stands for none is left out, and so is one that stands for
     * somebody else's: nothing more is asked about it and nothing of it is locked, so that not even the time tells that it exists.
     */
    Uni<List<KeyHead>> heads(KeyReach reach, Collection<KeyRef> refs) {
        var hashes = new JsonArray();
        var ids = new JsonArray();
        refs.forEach(ref -> (ref.keyId() == null ? hashes : ids)
                .add(ref.keyId() == null ? ref.secretHash() : ref.keyId().toString()));
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(HEADS, Object[].class)
                        .setParameter("hashes", hashes.encode())
                        .setParameter("ids", ids.encode())
                        .getResultList())
                .map(rows -> rows.stream()
                        .map(KeyHead::ofColumns)
                        .filter(reach::sees)
                        .toList());
    }

    /** The key that is named so; null when there is none. A secret of somebody else's names none. */
    Uni<ApiKey> named(KeyReach reach, KeyRef ref) {
        return idOf(reach, ref).flatMap(id -> id == null ? Uni.createFrom().nullItem() : findById(id));
    }

    /** As {@link #named}, and nobody else changes it until this transaction ends. */
    Uni<ApiKey> lockNamed(KeyReach reach, KeyRef ref) {
        return idOf(reach, ref)
                .flatMap(id -> id == null ? Uni.createFrom().nullItem() : findById(id, LockModeType.PESSIMISTIC_WRITE));
    }

    private Uni<UUID> idOf(KeyReach reach, KeyRef ref) {
        return ref.keyId() != null
                ? Uni.createFrom().item(ref.keyId())
                : heads(reach, List.of(ref))
                        .map(found -> found.isEmpty() ? null : found.get(0).keyId());
    }

    /** Those of them that exist, locked in one order, so that two calls cannot wait for each other. */
    Uni<List<ApiKey>> lockAll(Collection<UUID> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(List.of())
                : find("keyId in ?1 order by keyId", ids)
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

    /** The team's keys by id, from after this one on. Opens a session where none is open. */
    Uni<List<UUID>> idsOfTeam(String teamId, UUID after, int limit) {
        return ReadSession.with(
                () -> Panache.getSession().flatMap(session -> session.createSelectionQuery(OF_TEAM, UUID.class)
                        .setParameter("team", teamId)
                        .setParameter("after", after)
                        .setMaxResults(limit)
                        .getResultList()));
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

    /** Writes the change and reads the time that the trigger gave it. Fails as {@link #add}. */
    Uni<Void> readBack(ApiKey key) {
        return readBack(List.of(key)).onFailure().transform(failure -> taken(key, failure));
    }

    /** Writes changes now. One alone is told what it ran into, as {@link #readBack(ApiKey)} tells. */
    Uni<Void> write(List<ApiKey> changed) {
        var written = Panache.getSession()
                .invoke(session -> session.setBatchSize(changed.size()))
                .chain(session -> session.flush());
        return changed.size() == 1 ? written.onFailure().transform(failure -> taken(changed.get(0), failure)) : written;
    }

    /** As {@link #readBack(ApiKey)} for many, written and read together. */
    Uni<Void> readBack(List<ApiKey> keys) {
        if (keys.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var byId = keys.stream().collect(Collectors.toMap(key -> key.keyId, Function.identity()));
        return Panache.getSession()
                .invoke(session -> session.setBatchSize(keys.size()))
                .flatMap(session -> session.flush().chain(() -> session.createQuery(UPDATED_AT, Object[].class)
                        .setParameter("ids", byId.keySet())
                        .getResultList()))
                .invoke(rows -> rows.forEach(row -> byId.get((UUID) row[0]).updatedAt = (Instant) row[1]))
                .replaceWithVoid();
    }

    /** How many of the key's former secrets are in their grace. */
    Uni<Long> secretsInGrace(ApiKey key, Instant now) {
        return PreviousSecret.count("keyId = ?1 and validUntil > ?2", key.keyId, now);
    }

    /** Ends the grace of the key's former secrets: of all of them, or of those whose time is up. */
    Uni<Void> dropPrevious(ApiKey key, Instant until) {
        return (until == null
                        ? PreviousSecret.delete("keyId = ?1", key.keyId)
                        : PreviousSecret.delete("keyId = ?1 and validUntil <= ?2", key.keyId, until))
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
                        .setParameter("actorKey", current.get().keyId())
                        .setParameter("onBehalfOf", current.onBehalfOf())
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
            case "api_key_alias" -> AliasClaims.taken(key);
            case "api_key_secret_hash_key" ->
                Problem.of(ProblemCode.ALREADY_EXISTS).param("key").detail("This key already exists");
            default -> failure;
        };
    }
}
