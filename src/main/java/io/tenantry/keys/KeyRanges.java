package io.tenantry.keys;

import io.tenantry.identity.Boundary;
import io.tenantry.platform.database.Since;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Whose keys a search looks through, as ranges that have no key in common. An index has each of them in the order of the list, so a page is merged
 * from the beginnings of a few ranges; asked for all of them with {@code or}, the database would compare every key with every team.
 */
final class KeyRanges {

    private static final String TEAMS_OF_MEMBER = "(select m.team_id from team_membership m where m.user_id = %s)";

    private final Parameters parameters;
    private final String table;
    private final String organizationColumn;
    private final boolean deleted;
    private final List<Range> ranges = new ArrayList<>();
    private final List<String> tests = new ArrayList<>();

    /**
     * @param places what {@code place.id} runs through; null for a single place
     * @param holds  whether a key is in the range
     */
    private record Range(String places, String holds) {

        String sql(String table, String columns, String where, String end) {
            var keys = "select " + columns + " from " + table + " k where " + holds + " and " + where + end;
            return places == null
                    ? "(" + keys + ")"
                    : "(select k.* from " + places + " as place (id) cross join lateral (" + keys + ") k)";
        }
    }

    private KeyRanges(Parameters parameters, String table, String organizationColumn, boolean deleted) {
        this.parameters = parameters;
        this.table = table;
        this.organizationColumn = organizationColumn;
        this.deleted = deleted;
    }

    /** Of the keys that there are; to begin with, none. */
    static KeyRanges ofLive(Parameters parameters) {
        return new KeyRanges(parameters, "api_key", "k.effective_organization_id", false);
    }

    /** Of the keys that there were; to begin with, none. */
    static KeyRanges ofDeleted(Parameters parameters) {
        return new KeyRanges(parameters, "deleted_api_key", "k.organization_id", true);
    }

    KeyRanges everything() {
        return add(null, "true", "true");
    }

    /** What lies within the boundary. */
    KeyRanges within(Boundary boundary) {
        if (boundary.everything()) {
            return everything();
        }
        inAny(organizationColumn, boundary.organizations(), Since::organization);
        inAny("k.team_id", boundary.teams(), Since::team);
        if (boundary.userId() != null) {
            var user = parameters.next(boundary.userId());
            one("k.user_id = " + user + after(Since::user, user));
        }
        if (boundary.keyId() != null) {
            one("k.key_id = " + parameters.next(UUID.fromString(boundary.keyId())));
        }
        return this;
    }

    KeyRanges ofOrganization(String organizationId) {
        return one(organizationColumn + " = " + parameters.next(organizationId));
    }

    KeyRanges ofUser(String userId) {
        return one("k.user_id = " + parameters.next(userId));
    }

    /** Keys of the user's teams that belong to no member. */
    KeyRanges sharedWith(String userId) {
        var teams = TEAMS_OF_MEMBER.formatted(parameters.next(userId));
        return add(
                teams,
                "k.team_id = place.id and k.user_id is null",
                "k.user_id is null and k.team_id = any(array" + teams + ")");
    }

    /** What the user made; what he made in teams that he has left is not shown to him. */
    KeyRanges madeBy(String userId) {
        var user = parameters.next(userId);
        return one("k.created_by = " + user + " and (k.team_id is null or k.team_id = any(array"
                + TEAMS_OF_MEMBER.formatted(user) + "))");
    }

    private void inAny(String column, Set<String> ids, UnaryOperator<String> since) {
        if (ids.size() == 1) {
            var id = parameters.next(ids.iterator().next());
            one(column + " = " + id + after(since, id));
        } else if (!ids.isEmpty()) {
            var all = parameters.next(ids.toArray(String[]::new));
            add(
                    "unnest(" + all + "::text[])",
                    column + " = place.id" + after(since, "place.id"),
                    column + " = any(" + all + ")" + after(since, column));
        }
    }

    /** A key that was deleted before its owner was made belonged to another owner of the same id. */
    private String after(UnaryOperator<String> since, String id) {
        return deleted ? " and k.deleted_at >= " + since.apply(id) : "";
    }

    private KeyRanges one(String holds) {
        return add(null, holds, holds);
    }

    private KeyRanges add(String places, String holds, String test) {
        var elsewhere = tests.stream().map(earlier -> " and (" + earlier + ") is not true");
        ranges.add(new Range(places, "(" + holds + ")" + elsewhere.collect(Collectors.joining())));
        tests.add(test);
        return this;
    }

    /** The same as a condition, for keys that are found by something narrower. */
    String asCondition() {
        return tests.isEmpty()
                ? "false"
                : tests.stream().map(test -> "(" + test + ")").collect(Collectors.joining(" or ", "(", ")"));
    }

    /**
     * What to select from.
     *
     * @param end what each range ends with: its order, and how much of it is needed at most
     */
    String source(String columns, String where, String end) {
        if (ranges.isEmpty()) {
            return "(select " + columns + " from " + table + " k where false) k";
        }
        return ranges.stream()
                .map(range -> range.sql(table, columns, where, end))
                .collect(Collectors.joining(" union all ", "(", ") k"));
    }
}
