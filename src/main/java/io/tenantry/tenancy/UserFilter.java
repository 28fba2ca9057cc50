package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import io.tenantry.core.Paging;
import io.tenantry.identity.Boundary;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The {@code where} of a search for users. It begins with the caller's boundary, so no search can be made without one. */
final class UserFilter {

    private static final String MEMBER_OF_ORGANIZATIONS =
            "exists (select from organization_membership m where m.user_id = u.user_id and m.organization_id = any(?))";

    private static final String MEMBER_OF_TEAM =
            "exists (select from team_membership m where m.user_id = u.user_id and m.team_id = ?)";

    /** A tenant's admin asks about teams of the tenant: who belongs to another's would be told by the answer. */
    private static final String MEMBER_OF_TEAM_INSIDE = """
            exists (select from team_membership m join team t on t.team_id = m.team_id
                    where m.user_id = u.user_id and m.team_id = ? and t.organization_id = any(?))""";

    private final StringBuilder where = new StringBuilder("true");
    private final List<Object> args = new ArrayList<>();
    private boolean membersOnly;
    private boolean searchesPart;
    private boolean beginsAtPlace;

    private UserFilter() {}

    static UserFilter of(Boundary boundary, ListUsersQuery query) {
        var filter = new UserFilter();
        filter.membersOnly = boundary.organizations().size() == 1 && query.namesNothing();
        if (!boundary.everything()) {
            filter.and(MEMBER_OF_ORGANIZATIONS, (Object) texts(boundary.organizations()));
        }
        if (!query.organizationIds().isEmpty()) {
            filter.and(MEMBER_OF_ORGANIZATIONS, (Object) query.organizationIds().stream()
                    .filter(boundary::holdsOrganization)
                    .toArray(String[]::new));
        }
        filter.inTeam(boundary, query.team());
        filter.named(query);
        if (query.role() != null) {
            filter.and("u.user_role = ?", query.role());
        }
        return filter;
    }

    private void inTeam(Boundary boundary, String team) {
        if (team == null) {
            return;
        }
        if (boundary.everything()) {
            and(MEMBER_OF_TEAM, team);
        } else {
            and(MEMBER_OF_TEAM_INSIDE, team, texts(boundary.organizations()));
        }
    }

    private void named(ListUsersQuery query) {
        var ids = query.userIds();
        searchesPart = ids.size() == 1 || query.userEmail() != null || query.search() != null;
        if (ids.size() == 1) {
            and("lower(u.user_id) like ?", part(ids.get(0)));
        } else if (!ids.isEmpty()) {
            and("u.user_id = any(?)", (Object) texts(ids));
        }
        if (!query.ssoUserIds().isEmpty()) {
            and("u.sso_user_id = any(?)", (Object) texts(query.ssoUserIds()));
        }
        if (query.userEmail() != null) {
            and("lower(u.user_email) like ?", part(query.userEmail()));
        }
        if (query.search() != null) {
            and("(lower(u.user_id) like ? or lower(u.user_email) like ?)", part(query.search()), part(query.search()));
        }
    }

    /** A pattern for a text that contains this one, which stands for itself. */
    static String part(String text) {
        var escaped = text.toLowerCase(Locale.ROOT)
                .replace("\\", "\\\\")
                .replace("%", "\\%")
                .replace("_", "\\_");
        return "%" + escaped + "%";
    }

    /** Adds a condition; each {@code ?} stands for the next value. */
    private void and(String condition, Object... values) {
        where.append(" and ");
        int next = 0;
        for (char c : condition.toCharArray()) {
            where.append(c == '?' ? next(values[next++]) : String.valueOf(c));
        }
    }

    private String next(Object value) {
        args.add(value);
        return "$" + args.size();
    }

    /** Only what comes after this place, which takes the place of an offset. Has to be the last condition: it is no part of what is counted. */
    void after(Keyset order, List<Object> place) {
        where.append(" and ").append(order.after(place, this::next));
        beginsAtPlace = true;
    }

    /** Only what the indexes hold, so that the pages before this one are skipped without reading their rows; the place of each beside it. */
    String pageSql(ListUsersQuery query) {
        return pageSql("u.user_id, " + query.order().keyset().selected(), query);
    }

    String pickerSql(ListUsersQuery query) {
        return pageSql("u.user_id, u.user_email", query);
    }

    private String pageSql(String columns, ListUsersQuery query) {
        return "select " + columns + " from app_user u where " + where + " order by "
                + query.order().keyset().orderBy() + " limit " + query.pageSize() + " offset "
                + (beginsAtPlace ? 0 : query.offset());
    }

    String countSql() {
        if (membersOnly) {
            // all members of one organization: no user need be looked at
            return Totals.sql("from organization_membership m where m.organization_id = any($1)");
        }
        return Totals.sql("from app_user u where " + where, searchesPart ? Totals.MOST_FOUND : Paging.DEEPEST_ROW);
    }

    List<Object> values() {
        return List.copyOf(args);
    }

    Tuple args() {
        return Tuple.from(args);
    }
}
