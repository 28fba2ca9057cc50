package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import io.tenantry.identity.Boundary;
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

    private UserFilter() {}

    static UserFilter of(Boundary boundary, ListUsersQuery query) {
        var filter = new UserFilter();
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
            if (c == '?') {
                args.add(values[next++]);
                where.append('$').append(args.size());
            } else {
                where.append(c);
            }
        }
    }

    /** Only what the indexes hold, so that the pages before this one are skipped without reading their rows. */
    String pageSql(ListUsersQuery query) {
        return "select u.user_id from app_user u where " + where + " order by "
                + query.order().sql() + " limit " + query.pageSize() + " offset " + query.offset();
    }

    String pickerSql(ListUsersQuery query) {
        return pageSql(query).replaceFirst("u\\.user_id", "u.user_id, u.user_email");
    }

    String countSql() {
        return Totals.sql("from app_user u where " + where);
    }

    List<Object> values() {
        return List.copyOf(args);
    }

    Tuple args() {
        return Tuple.from(args);
    }
}
