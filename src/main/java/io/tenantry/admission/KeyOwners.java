package io.tenantry.admission;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.database.AdmissionPool;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Whose a key is or was: for settlements of admissions that everything else has forgotten. */
@ApplicationScoped
public class KeyOwners {

    private static final String SELECT = """
            select k.key_id, k.secret_hash, k.key_alias, k.user_id, k.team_id, t.team_alias,
                   coalesce(t.organization_id, k.organization_id) as organization_id
            from (select key_id, secret_hash, key_alias, user_id, team_id, organization_id from api_key where %1$s
                  union all
                  select key_id, secret_hash, key_alias, user_id, team_id, organization_id from deleted_api_key where %1$s) k
            left join team t on t.team_id = k.team_id""";

    private static final String BY_ID = SELECT.formatted("key_id = $1");
    private static final String BY_HASHES_AND_IDS = SELECT.formatted("(secret_hash = any ($1) or key_id = any ($2))");

    /** The first change of a key after a moment says what it was before. Entries that tell of its spend alone do not. */
    private static final String BEFORE = """
            select before_value ->> 'user_id' as user_id, before_value ->> 'team_id' as team_id
            from audit_log
            where object_kind = 'key' and object_id = $1 and at > $2 and before_value ? 'key_id'
            order by at limit 1""";

    private final Pool pool;

    KeyOwners(@ReactiveDataSource(AdmissionPool.NAME) Pool pool) {
        this.pool = pool;
    }

    /** Also of a deleted key; empty when there never was one. */
    public Uni<Optional<KeyOwner>> find(UUID keyId) {
        return pool.preparedQuery(BY_ID).execute(Tuple.of(keyId)).map(KeyOwners::first);
    }

    /** As {@link #find} for many, by the hash of their secret or by their id. */
    public Uni<List<KeyOwner>> findAll(Collection<String> secretHashes, Collection<UUID> keyIds) {
        return pool.preparedQuery(BY_HASHES_AND_IDS)
                .execute(Tuple.of(secretHashes.toArray(String[]::new), keyIds.toArray(UUID[]::new)))
                .map(KeyOwners::all);
    }

    /**
     * Whose the key was when it was admitted: its user and team as the audit trail has them, and above them what the id says. A change that was made in the
     * database alone is in no trail, and of one made in that very moment the instance may not have known.
     */
    Uni<KeyOwner> whenAdmitted(AdmissionId id, KeyOwner present) {
        return pool.preparedQuery(BEFORE)
                .execute(Tuple.of(id.keyId().toString(), id.admittedAt().atOffset(ZoneOffset.UTC)))
                .map(rows -> before(rows, present).under(id.root()));
    }

    private static KeyOwner before(RowSet<Row> rows, KeyOwner present) {
        var found = rows.iterator();
        if (!found.hasNext()) {
            return present;
        }
        var row = found.next();
        return present.at(row.getString("user_id"), row.getString("team_id"), present.organizationId());
    }

    private static List<KeyOwner> all(RowSet<Row> rows) {
        var owners = new ArrayList<KeyOwner>();
        rows.forEach(row -> owners.add(owner(row)));
        return owners;
    }

    private static Optional<KeyOwner> first(RowSet<Row> rows) {
        var found = rows.iterator();
        return found.hasNext() ? Optional.of(owner(found.next())) : Optional.empty();
    }

    private static KeyOwner owner(Row row) {
        return new KeyOwner(
                row.getUUID("key_id"),
                row.getString("secret_hash"),
                row.getString("key_alias"),
                row.getString("user_id"),
                row.getString("team_id"),
                row.getString("team_alias"),
                row.getString("organization_id"));
    }
}
