package io.tenantry.keys;

import io.tenantry.core.SecretHash;
import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The {@code where} of a search for keys. It begins with the caller's boundary, so no search can be made without one. */
final class KeyFilter {

    // The first line uses the indexes; the second settles whose a key is whose team has moved.
    private static final String IN_ORGANIZATIONS = """
            ((k.organization_id = any(?) or k.team_id in (select t.team_id from team t where t.organization_id = any(?)))
             and coalesce((select t.organization_id from team t where t.team_id = k.team_id), k.organization_id) = any(?))""";

    private final StringBuilder where = new StringBuilder("true");
    private final List<Object> args = new ArrayList<>();

    private KeyFilter() {}

    static KeyFilter within(Scope scope) {
        var filter = new KeyFilter();
        filter.within(scope.boundary(), null);
        return filter;
    }

    static KeyFilter of(Scope scope, ListKeysQuery query) {
        var filter = new KeyFilter();
        // team keys that belong to no member are shown to all members on request
        filter.within(scope.boundary(), query.includeTeamKeys() ? scope.caller().userId() : null);
        if (query.namesNoOwner()
                && !query.includeTeamKeys()
                && !scope.boundary().everything()) {
            filter.narrowToCaller(scope);
        }
        filter.equal("k.user_id", query.userId());
        filter.equal("k.team_id", query.teamId());
        filter.equal("k.key_alias", query.keyAlias());
        filter.equal("k.secret_hash", query.keyHash() == null ? null : SecretHash.ofSecretOrHash(query.keyHash()));
        if (query.organizationId() != null) {
            filter.inOrganizations(new String[] {query.organizationId()});
        }
        return filter;
    }

    private void within(Boundary boundary, String member) {
        if (boundary.everything()) {
            return;
        }
        var reach = new ArrayList<String>();
        var values = new ArrayList<Object>();
        if (!boundary.organizations().isEmpty()) {
            reach.add(IN_ORGANIZATIONS);
            values.addAll(java.util.Collections.nCopies(3, texts(boundary.organizations())));
        }
        if (!boundary.teams().isEmpty()) {
            reach.add("k.team_id = any(?)");
            values.add(texts(boundary.teams()));
        }
        if (boundary.userId() != null) {
            reach.add("k.user_id = ?");
            values.add(boundary.userId());
        }
        if (boundary.keyId() != null) {
            reach.add("k.key_id = ?");
            values.add(UUID.fromString(boundary.keyId()));
        }
        if (member != null) {
            reach.add(
                    "(k.user_id is null and k.team_id in (select m.team_id from team_membership m where m.user_id = ?))");
            values.add(member);
        }
        and(reach.isEmpty() ? "false" : "(" + String.join(" or ", reach) + ")", values.toArray());
    }

    private void narrowToCaller(Scope scope) {
        if (scope.caller().userId() != null) {
            equal("k.user_id", scope.caller().userId());
        }
    }

    private void inOrganizations(String[] ids) {
        and(IN_ORGANIZATIONS, ids, ids, ids);
    }

    private void equal(String column, String value) {
        if (value != null) {
            and(column + " = ?", value);
        }
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

    private static String[] texts(Set<String> ids) {
        return ids.toArray(String[]::new);
    }

    String pageSql(ListKeysQuery query) {
        return firstSql(query.size(), query.order().sql()) + " offset " + query.offset();
    }

    String firstSql(int limit) {
        return firstSql(limit, "k.key_id");
    }

    private String firstSql(int limit, String order) {
        return "select k.key_id, k.secret_hash, k.key_alias from api_key k where " + where + " order by " + order
                + " limit " + limit;
    }

    String countSql(int most) {
        return "select count(*) from (select 1 from api_key k where " + where + " limit " + most + ") counted";
    }

    Tuple args() {
        return Tuple.from(args);
    }
}
