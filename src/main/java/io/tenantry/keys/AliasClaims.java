package io.tenantry.keys;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Who has which alias, as far as some changes of keys want to know. The database keeps aliases unique as well; but what it refuses undoes the whole
 * transaction, and a call that holds its transaction open (Idempotency-Key) could not go on. So only who is overtaken in the meantime learns it
 * from there.
 */
final class AliasClaims {

    // as the index of aliases is
    private static final String HOLDERS = """
            select coalesce(k.team_id, k.organization_id, k.user_id, ''), k.key_alias, cast(k.key_id as text)
            from jsonb_to_recordset(cast(cast(:names as text) as jsonb)) as w(owner text, alias text)
            join api_key k on coalesce(k.team_id, k.organization_id, k.user_id, '') = w.owner and k.key_alias = w.alias""";

    private final Map<Name, UUID> holders;

    private AliasClaims(Map<Name, UUID> holders) {
        this.holders = holders;
    }

    /** An alias and whose keys it is unique among. */
    record Name(String owner, String alias) {

        /** Null for a key without an alias. */
        static Name of(ApiKey key) {
            return of(key.teamId, key.ownOrganizationId, key.userId, key.keyAlias);
        }

        static Name of(String teamId, String ownOrganizationId, String userId, String alias) {
            if (alias == null || alias.isBlank()) {
                return null;
            }
            var owner = teamId != null ? teamId : ownOrganizationId != null ? ownOrganizationId : userId;
            return new Name(owner == null ? "" : owner, alias);
        }
    }

    /** Finds who has these names, in one statement, and in none where nothing is asked. */
    static Uni<AliasClaims> of(Collection<Name> names) {
        if (names.isEmpty()) {
            return Uni.createFrom().item(new AliasClaims(new HashMap<>()));
        }
        var wanted = new JsonArray();
        names.forEach(
                name -> wanted.add(new JsonObject().put("owner", name.owner()).put("alias", name.alias())));
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(HOLDERS, Object[].class)
                        .setParameter("names", wanted.encode())
                        .getResultList())
                .map(rows -> {
                    var holders = new HashMap<Name, UUID>();
                    rows.forEach(row ->
                            holders.put(new Name((String) row[0], (String) row[1]), UUID.fromString((String) row[2])));
                    return new AliasClaims(holders);
                });
    }

    /** Fails with INVALID_VALUE where another key has the alias that this one is to have. */
    void requireFree(ApiKey key) {
        var name = Name.of(key);
        var holder = name == null ? null : holders.get(name);
        if (holder != null && !holder.equals(key.keyId)) {
            throw taken(key);
        }
    }

    /** From now on the key has its new name, and its former one is free. */
    void move(ApiKey before, ApiKey after) {
        var former = Name.of(before);
        if (former != null) {
            holders.remove(former, after.keyId);
        }
        var name = Name.of(after);
        if (name != null) {
            holders.put(name, after.keyId);
        }
    }

    static Problem taken(ApiKey key) {
        return Problem.of(ProblemCode.INVALID_VALUE)
                .param("key_alias")
                .detail(
                        "Key with alias '%s' already exists. An alias is unique for its team, organization or user",
                        key.keyAlias);
    }
}
