package io.tenantry.keys;

import io.tenantry.core.Paging;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Keyset.Column;
import io.tenantry.platform.database.Keyset.Nulls;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.List;
import java.util.function.UnaryOperator;

/** A search for keys: the ranges of the caller's boundary, so that none can be made without one, and what their keys must have besides. */
final class KeyFilter {

    // Written as the index of alias parts is; and so that the database knows no index for it and expects many.
    private static final String BY_INDEX = "lower(k.key_alias) like lower(%s)";
    private static final String ONE_BY_ONE = "case when " + BY_INDEX + " then true else false end";

    /** Backwards through the indexes of aliases. Nothing without one is looked at, so it is the alphabet all the same. */
    static final Keyset ALPHABET = new Keyset(List.of(new Column("k.key_alias", true, Nulls.FIRST)));

    private static final String ALPHABETICAL = " order by " + ALPHABET.orderBy();

    private final Parameters parameters = new Parameters();
    private final StringBuilder where = new StringBuilder("true");
    private KeyRanges ranges = KeyRanges.ofLive(parameters);
    private boolean beginsAtPlace;

    /** Makes a condition out of how the part of the alias is looked for; null where none is searched. */
    private UnaryOperator<String> part;

    private Commonness commonness = Commonness.UNKNOWN;

    private KeyFilter() {}

    /** A statement that counts, with its values. */
    record Count(String sql, List<Object> values) {

        Tuple args() {
            return Tuple.from(values);
        }
    }

    static KeyFilter within(Scope scope) {
        var filter = new KeyFilter();
        filter.ranges.within(scope.boundary());
        return filter;
    }

    static KeyFilter of(Scope scope, ListKeysQuery query) {
        var filter = new KeyFilter();
        filter.reach(scope, query);
        filter.equal("k.user_id", query.userId());
        filter.equal("k.team_id", query.teamId());
        filter.alias(query);
        filter.named(query.keyHash());
        filter.search(query.search());
        filter.assigned(query.accessGroupId());
        return filter;
    }

    private void reach(Scope scope, ListKeysQuery query) {
        var boundary = scope.boundary();
        if (query.organizationId() != null && boundary.holdsOrganization(query.organizationId())) {
            ranges.ofOrganization(query.organizationId());
            return;
        }
        var caller = scope.caller().userId();
        ranges.within(boundary);
        if (!boundary.everything() && caller != null) {
            addRequested(caller, query);
        }
        if (query.organizationId() != null) {
            and("k.effective_organization_id = ?", query.organizationId());
        }
        if (query.namesFew()) {
            narrowTo(KeyRanges.ofLive(parameters).everything());
        } else if (query.namesNoOwner() && !query.includeTeamKeys() && !boundary.everything() && caller != null) {
            narrowTo(ownOf(caller, query));
        }
    }

    /** Team keys that belong to no member are shown to all members on request, and to their makers what they made. */
    private void addRequested(String caller, ListKeysQuery query) {
        if (query.includeTeamKeys()) {
            ranges.sharedWith(caller);
        }
        if (query.includeCreatedByKeys()) {
            ranges.madeBy(caller);
        }
    }

    private KeyRanges ownOf(String caller, ListKeysQuery query) {
        var own = KeyRanges.ofLive(parameters).ofUser(caller);
        return query.includeCreatedByKeys() ? own.madeBy(caller) : own;
    }

    /** Finds by these ranges, and leaves out what is not in reach. */
    private void narrowTo(KeyRanges few) {
        and(ranges.asCondition());
        ranges = few;
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

    private void alias(ListKeysQuery query) {
        if (query.keyAlias() != null && query.substringMatching()) {
            hasPart(query.keyAlias());
        } else {
            equal("k.key_alias", query.keyAlias());
        }
    }

    /** Keys whose alias has this part, whatever the case, or whose token this is. */
    private void search(String text) {
        if (text != null) {
            var token = parameters.in("k.secret_hash = ?", text);
            hasPart(text);
            var alias = part;
            part = how -> "(" + token + " or " + alias.apply(how) + ")";
        }
    }

    private void hasPart(String text) {
        if (part != null) {
            where.append(" and ").append(part.apply(BY_INDEX));
        }
        var pattern = parameters.next(pattern(text));
        part = how -> "(k.key_alias is not null and " + how.formatted(pattern) + ")";
    }

    /** Written as its index is. */
    private void assigned(String accessGroup) {
        if (accessGroup != null) {
            and("k.access_group_ids @> array[?]::text[] and k.access_group_ids <> '{}'", accessGroup);
        }
    }

    /** Only keys that have an alias, and this part in it where one is asked for. */
    void aliased(String text) {
        and("k.key_alias is not null");
        if (text != null) {
            hasPart(text);
        }
    }

    private static String pattern(String text) {
        return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
    }

    private void equal(String column, String value) {
        if (value != null) {
            and(column + " = ?", value);
        }
    }

    /** Adds a condition; each {@code ?} stands for the next value. */
    void and(String condition, Object... values) {
        where.append(" and ").append(parameters.in(condition, values));
    }

    /** Only what comes after this place, which takes the place of an offset. Has to be the last condition: it is no part of what is counted. */
    void after(Keyset order, List<Object> place) {
        and(order.after(place, parameters::next));
        beginsAtPlace = true;
    }

    /** Ids first, which indexes hold: the keys of the pages before are skipped without reading their rows. The place of each is beside it. */
    String pageSql(ListKeysQuery query) {
        var keyset = query.order().keyset();
        var order = " order by " + keyset.orderBy();
        var offset = beginsAtPlace ? 0 : query.offset();
        return "select k.key_id, k.secret_hash, k.key_alias, " + keyset.selected() + " from (select k.key_id from "
                + first("k.key_id, " + query.order().column(), order, offset + query.size()) + order + " limit "
                + query.size() + " offset " + offset + ") found join api_key k on k.key_id = found.key_id" + order;
    }

    /** What few keys have is found first and then sorted; in the order of an index all keys would be looked through for it. */
    private String first(String columns, String order, long most) {
        var end = commonness.readsInOrder() || part == null ? order + " limit " + most : " offset 0";
        return ranges.source(columns, where(commonness.readsInOrder()), end);
    }

    private String where(boolean oneByOne) {
        return part == null ? where.toString() : where + " and " + part.apply(oneByOne ? ONE_BY_ONE : BY_INDEX);
    }

    String firstSql(int limit) {
        return "select k.key_id, k.secret_hash, k.key_alias from "
                + ranges.source("k.key_id, k.secret_hash, k.key_alias", where(false), "")
                + " order by k.key_id limit " + limit;
    }

    /** How many keys there are, as far as totals go. */
    Count count() {
        return counted(ranges.source("k.key_id", where(commonness.countsOneByOne()), ""));
    }

    /** What is asked for, told in the same words however it is looked for. */
    String question() {
        return ranges.source("k.key_id", where(false), "");
    }

    private Count counted(String source) {
        return new Count(Totals.sql("from " + source, most()), parameters.values());
    }

    private long most() {
        return part == null ? Paging.DEEPEST_ROW : Totals.MOST_FOUND;
    }

    boolean searchesPart() {
        return part != null;
    }

    /** Looks at a few keys within reach, in an order that says nothing about aliases: how many, and how many have the part. */
    Count sample() {
        var few = ranges.source("k.secret_hash, k.key_alias", where.toString(), Commonness.SAMPLE);
        return new Count(
                "select count(*), count(*) filter (where " + part.apply(BY_INDEX) + ") from " + few,
                parameters.values());
    }

    /** Says how the part of the alias is looked for from now on. */
    void expect(Commonness found) {
        commonness = found;
    }

    /** The aliases of a page, each once. */
    String aliasesSql(int limit, long skipped) {
        var offset = beginsAtPlace ? 0 : skipped;
        return "select distinct k.key_alias from " + first("distinct k.key_alias", ALPHABETICAL, offset + limit)
                + ALPHABETICAL + " limit " + limit + " offset " + offset;
    }

    /** How many aliases there are, as far as totals go. */
    Count countAliases() {
        var end = ALPHABETICAL + " limit " + most();
        var aliases = ranges.source("distinct k.key_alias", where(commonness.countsOneByOne()), end);
        return counted("(select distinct k.key_alias from " + aliases + ") aliases");
    }

    Tuple args() {
        return parameters.tuple();
    }
}
