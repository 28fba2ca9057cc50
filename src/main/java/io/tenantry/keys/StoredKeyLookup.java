package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.KeyIdentity;
import io.tenantry.identity.KeyIdentity.Version;
import io.tenantry.identity.KeyLookup;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** Reads what authentication needs of a key in one statement. */
@ApplicationScoped
class StoredKeyLookup implements KeyLookup {

    private static final String BY_HASH = """
            select k.key_id, k.key_type, k.user_id, u.user_role, k.team_id,
                   coalesce(t.organization_id, k.organization_id) as organization_id,
                   k.blocked or coalesce(u.blocked, false) or coalesce(t.blocked, false) or coalesce(o.blocked, false) as blocked,
                   least(k.expires_at, s.valid_until) as expires_at, k.allowed_routes, k.version, t.version as t_version, o.version as o_version
            from key_secret s
            join api_key k on k.key_id = s.key_id
            left join app_user u on u.user_id = k.user_id
            left join team t on t.team_id = k.team_id
            left join organization o on o.organization_id = coalesce(t.organization_id, k.organization_id)
            where s.secret_hash = $1""";

    private final Pool pool;

    StoredKeyLookup(Pool pool) {
        this.pool = pool;
    }

    @Override
    public Uni<KeyIdentity> byHash(String secretHash) {
        return pool.preparedQuery(BY_HASH).execute(Tuple.of(secretHash)).map(StoredKeyLookup::first);
    }

    private static KeyIdentity first(RowSet<Row> rows) {
        var found = rows.iterator();
        return found.hasNext() ? identity(found.next()) : null;
    }

    private static KeyIdentity identity(Row row) {
        var expires = row.getOffsetDateTime("expires_at");
        return new KeyIdentity(
                row.getUUID("key_id").toString(),
                row.getString("key_type"),
                row.getString("user_id"),
                row.getString("user_role"),
                row.getString("team_id"),
                row.getString("organization_id"),
                row.getBoolean("blocked"),
                expires == null ? null : expires.toInstant(),
                List.of(row.getArrayOfStrings("allowed_routes")),
                versions(row));
    }

    private static List<Version> versions(Row row) {
        var versions = new ArrayList<Version>(3);
        versions.add(new Version(ResourceKind.KEY, row.getUUID("key_id").toString(), row.getLong("version")));
        if (row.getLong("t_version") != null) {
            versions.add(new Version(ResourceKind.TEAM, row.getString("team_id"), row.getLong("t_version")));
        }
        if (row.getLong("o_version") != null) {
            versions.add(
                    new Version(ResourceKind.ORGANIZATION, row.getString("organization_id"), row.getLong("o_version")));
        }
        return versions;
    }
}
