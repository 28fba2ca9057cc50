package io.tenantry.keys;

import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** The {@code where} of a search for keys. It begins with the caller's boundary, so no search can be made without one. */
final class KeyFilter {

    // The first condition finds by index, which takes an array and not a subselect; the second settles whose a key of a
    // moved team is.
    private static final String IN_ORGANIZATIONS = """
            ((k.organization_id = any(?) or k.team_id = any(array(select t.team_id from team t where t.organization_id = any(?))))
             and coalesce((select t.organization_id from team t where t.team_id = k.team_id), k.organization_id) = any(?))""";

    /** What somebody made in teams that he has left is not shown to him. */
    private static final String MADE =
            "(k.created_by = ? and (k.team_id is null or k.team_id = any(array(select m.team_id from team_membership m where m.user_id = ?))))";

    // written as the index of alias parts is
    private static final String HAS_PART = "(k.key_alias is not null and lower(k.key_alias) like lower(?))";

    private final StringBuilder where = new StringBuilder("true");
    private final List<Object> args = new ArrayList<>();

    private KeyFilter() {}

    static KeyFilter within(Scope scope) {
        var filter = new KeyFilter();
        filter.within(scope.boundary(), null, null);
        return filter;
    }

    static KeyFilter of(Scope scope, ListKeysQuery query) {
        var filter = new KeyFilter();
        var caller = scope.caller().userId();
        // team keys that belong to no member are shown to all members on request, and to their makers what they made
        filter.within(
                scope.boundary(),
                query.includeTeamKeys() ? caller : null,
                query.includeCreatedByKeys() ? caller : null);
        if (query.namesNoOwner()
                && !query.includeTeamKeys()
                && !scope.boundary().everything()
                && caller != null) {
            filter.ownOrMade(caller, query.includeCreatedByKeys());
        }
        filter.equal("k.user_id", query.userId());
        filter.equal("k.team_id", query.teamId());
        filter.alias(query);
        filter.named(query.keyHash());
        filter.search(query.search());
        filter.assigned(query.accessGroupId());
        if (query.organizationId() != null) {
            filter.inOrganizations(new String[] {query.organizationId()});
        }
        return filter;
    }

    private void within(Boundary boundary, String member, String maker) {
        if (boundary.everything()) {
            return;
        }
        var reach = new ArrayList<String>();
        var values = new ArrayList<Object>();
        if (!boundary.organizations().isEmpty()) {
            reach.add(IN_ORGANIZATIONS);
            values.addAll(Collections.nCopies(3, texts(boundary.organizations())));
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
                    "(k.user_id is null and k.team_id = any(array(select m.team_id from team_membership m where m.user_id = ?)))");
            values.add(member);
        }
        if (maker != null) {
            reach.add(MADE);
            values.add(maker);
            values.add(maker);
        }
        and(reach.isEmpty() ? "false" : "(" + String.join(" or ", reach) + ")", values.toArray());
    }

    private void named(String key) {
        if (key == null) {
            return;
        }
        var ref = KeyRef.of(key);
        if (ref.keyId() == null) {
            and("k.secret_hash = ?", ref.secretHash());
        } else {
            and("k.key_id = ?", ref.keyId());
        }
    }

    private void ownOrMade(String user, boolean made) {
        if (made) {
            and("(k.user_id = ? or " + MADE + ")", user, user, user);
        } else {
            equal("k.user_id", user);
        }
    }

    private void alias(ListKeysQuery query) {
        if (query.keyAlias() != null && query.substringMatching()) {
            and(HAS_PART, part(query.keyAlias()));
        } else {
            equal("k.key_alias", query.keyAlias());
        }
    }

    /** Keys whose alias has this part, whatever the case, or whose token this is. */
    private void search(String text) {
        if (text != null) {
            and("(k.secret_hash = ? or " + HAS_PART + ")", text, part(text));
        }
    }

    /** Written as its index is. */
    private void assigned(String accessGroup) {
        if (accessGroup != null) {
            and("k.access_group_ids @> array[?]::text[] and k.access_group_ids <> '{}'", accessGroup);
        }
    }

    /** Only keys that have an alias, and this part in it where one is asked for. */
    void aliased(String part) {
        and("k.key_alias is not null");
        if (part != null) {
            and(HAS_PART, part(part));
        }
    }

    private static String part(String text) {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
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

    String aliasesSql(int limit, long offset) {
        return "select distinct k.key_alias from api_key k where " + where + " order by k.key_alias limit " + limit
                + " offset " + offset;
    }

    String countAliasesSql(int most) {
        return "select count(*) from (select distinct k.key_alias from api_key k where " + where + " limit " + most
                + ") counted";
    }

    Tuple args() {
        return Tuple.from(args);
    }
}
