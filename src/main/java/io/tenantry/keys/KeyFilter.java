package io.tenantry.keys;

import io.tenantry.identity.Boundary;
import io.tenantry.identity.Scope;
import io.tenantry.keys.ListKeysQuery.Order;
import io.tenantry.platform.database.Totals;
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

    /** The parameter that names the one organization all of whose keys are within reach; null where nothing of the kind is asked for. */
    private String organization;

    private boolean sortedAfterwards;

    private KeyFilter() {}

    static KeyFilter within(Scope scope) {
        var filter = new KeyFilter();
        filter.within(scope.boundary(), null, null);
        return filter;
    }

    static KeyFilter of(Scope scope, ListKeysQuery query) {
        var filter = new KeyFilter();
        if (query.namesOnlyOrganization() && scope.boundary().holdsOrganization(query.organizationId())) {
            filter.organization = filter.next(query.organizationId());
        } else {
            filter.within(scope, query);
        }
        filter.equal("k.user_id", query.userId());
        filter.equal("k.team_id", query.teamId());
        filter.alias(query);
        filter.named(query.keyHash());
        filter.search(query.search());
        filter.assigned(query.accessGroupId());
        return filter;
    }

    private void within(Scope scope, ListKeysQuery query) {
        var caller = scope.caller().userId();
        // team keys that belong to no member are shown to all members on request, and to their makers what they made
        within(scope.boundary(), query.includeTeamKeys() ? caller : null, query.includeCreatedByKeys() ? caller : null);
        if (query.namesNoOwner()
                && !query.includeTeamKeys()
                && !scope.boundary().everything()
                && caller != null) {
            ownOrMade(caller, query.includeCreatedByKeys());
        }
        if (query.organizationId() != null) {
            inOrganizations(new String[] {query.organizationId()});
        }
    }

    private void within(Boundary boundary, String member, String maker) {
        if (boundary.everything()) {
            return;
        }
        var reach = new ArrayList<String>();
        var values = new ArrayList<Object>();
        if (!boundary.organizations().isEmpty()) {
            sortedAfterwards = true;
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

    private String next(Object value) {
        args.add(value);
        return "$" + args.size();
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
                where.append(next(values[next++]));
            } else {
                where.append(c);
            }
        }
    }

    private static String[] texts(Set<String> ids) {
        return ids.toArray(String[]::new);
    }

    /** Ids first, which indexes hold: the keys of the pages before are skipped without reading their rows. */
    String pageSql(ListKeysQuery query) {
        var order = query.order();
        return "select k.key_id, k.secret_hash, k.key_alias from (select k.key_id from " + first(order, query)
                + " order by " + order.sql() + " limit " + query.size() + " offset " + query.offset()
                + ") found join api_key k on k.key_id = found.key_id order by " + order.sql();
    }

    /** Of an organization the first keys of each of its teams: no index knows what all its teams have together. */
    private String first(Order order, ListKeysQuery query) {
        return organization == null
                ? source("k.key_id, " + order.column())
                : ofOrganization(
                        "k.key_id, " + order.column(),
                        " order by " + order.sql() + " limit " + (query.offset() + query.size()));
    }

    /** What is sorted afterwards is found first; in the order of an index all keys would be looked through for it. */
    private String source(String columns) {
        return sortedAfterwards
                ? "(select " + columns + " from api_key k where " + where + " offset 0) k"
                : "api_key k where " + where;
    }

    /** A team's keys are its organization's, whatever they say themselves. */
    private String ofOrganization(String columns, String end) {
        return "(select k.* from unnest(array(select t.team_id from team t where t.organization_id = " + organization
                + ")) as its (team_id) cross join lateral (select " + columns
                + " from api_key k where k.team_id = its.team_id and " + where + end + ") k union all (select "
                + columns
                + " from api_key k where k.organization_id = " + organization
                + " and not exists (select from team t where t.team_id = k.team_id and t.organization_id is not null) and "
                + where + end + ")) k";
    }

    String firstSql(int limit) {
        return firstSql(limit, "k.key_id");
    }

    private String firstSql(int limit, String order) {
        return "select k.key_id, k.secret_hash, k.key_alias from api_key k where " + where + " order by " + order
                + " limit " + limit;
    }

    String countSql() {
        return Totals.sql("from " + (organization == null ? source("k.key_id") : ofOrganization("k.key_id", "")));
    }

    String aliasesSql(int limit, long offset) {
        return "select distinct k.key_alias from " + source("k.key_alias") + " order by k.key_alias limit " + limit
                + " offset " + offset;
    }

    String countAliasesSql() {
        return Totals.sql("from (select distinct k.key_alias from " + source("k.key_alias") + ") aliases");
    }

    /** For what few keys have in common; the database takes every part of an alias for a common one. */
    void sortAfterwards() {
        sortedAfterwards = true;
    }

    List<Object> values() {
        return List.copyOf(args);
    }

    Tuple args() {
        return Tuple.from(args);
    }
}
