package io.tenantry.audit;

import io.tenantry.core.SecretHash;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Since;
import io.vertx.mutiny.sqlclient.Tuple;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** The {@code where} of a search in the trail. It begins with the caller's boundary, so no search can be made without one. */
final class AuditFilter {

    // a key is named in the trail by its id, which stays when its secret is exchanged
    private static final String KEY_IDS = """
            any(array(select k.key_id::text from api_key k where k.secret_hash = ?
                      union all select d.key_id::text from deleted_api_key d where d.secret_hash = ?
                      union all select ?))""";

    private final StringBuilder where = new StringBuilder("true");
    private final List<Object> args = new ArrayList<>();

    private AuditFilter() {}

    /** What is older than an organization is of another one that had its id, and not for the admins of this one. */
    static AuditFilter within(Scope scope) {
        var filter = new AuditFilter();
        var boundary = scope.boundary();
        if (boundary.organizations().size() == 1) {
            // an index has the entries of one in their order, of several it has not
            var id = boundary.organizations().iterator().next();
            filter.and("organization_id = ? and at >= " + Since.organization("?"), id, id);
        } else if (!boundary.everything()) {
            filter.and("organization_id = any(?) and at >= " + Since.organization("audit_log.organization_id"), (Object)
                    boundary.organizations().toArray(String[]::new));
        }
        return filter;
    }

    static AuditFilter of(Scope scope, AuditQuery query) {
        var filter = within(scope);
        filter.equal("coalesce(on_behalf_of, actor_user_id)", query.changedBy);
        filter.key("actor_key_id", query.changedByApiKey);
        filter.equal("action", query.action);
        if (given(query.tableName)) {
            filter.and("object_kind = any(?)", (Object) AuditTables.kindsOf(query.tableName));
        }
        filter.equal("object_id", query.objectId);
        filter.equal("coalesce(after_value ->> 'team_id', before_value ->> 'team_id')", query.objectTeamId);
        if (given(query.objectKeyHash)) {
            filter.and("object_kind = 'key'");
            filter.key("object_id", query.objectKeyHash);
        }
        filter.time("at >= ?", query.from());
        filter.time("at <= ?", query.to());
        return filter;
    }

    /** Those that follow the place in the given order. */
    void after(AuditCursor place, boolean newestFirst) {
        and("(at, audit_id) " + (newestFirst ? "<" : ">") + " (?, ?)", place.at(), place.auditId());
    }

    private void key(String column, String named) {
        if (given(named)) {
            var hash = SecretHash.ofSecretOrHash(named);
            // never look for a secret in plain text, not even in vain
            and(column + " = " + KEY_IDS, hash, hash, hash);
        }
    }

    private void equal(String column, String value) {
        if (given(value)) {
            and(column + " = ?", value);
        }
    }

    private void time(String condition, Instant instant) {
        if (instant != null) {
            and(condition, instant.atOffset(ZoneOffset.UTC));
        }
    }

    private static boolean given(String value) {
        return value != null && !value.isBlank();
    }

    /** Adds a condition; each {@code ?} stands for the next value. */
    void and(String condition, Object... values) {
        where.append(" and ");
        int next = 0;
        for (char c : condition.toCharArray()) {
            if (c == '?') {
                args.add(values[next++]);
                where.append('$').append(args.size());
            } else {
                where.append(c);
            }
        }
    }

    String where() {
        return where.toString();
    }

    Tuple args() {
        return Tuple.from(args);
    }

    List<Object> values() {
        return List.copyOf(args);
    }
}
