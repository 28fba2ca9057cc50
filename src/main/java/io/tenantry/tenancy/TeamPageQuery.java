package io.tenantry.tenancy;

import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Keyset.Column;
import java.util.List;

/**
 * Which page of which teams.
 *
 * @param userId        only teams of this member
 * @param aliasPart     a part of the alias, in any case
 * @param idPart        a part of the id
 * @param search        an id, or the beginning of one, or a part of the alias
 * @param searchPrefix  whether {@code search} may be the beginning of an id
 * @param order         how it is sorted; each order has an index, in all teams and in those of an organization
 * @param deleted       teams that were deleted, instead of those that there are
 */
record TeamPageQuery(
        String userId,
        String organizationId,
        String teamId,
        String aliasPart,
        String idPart,
        String search,
        boolean searchPrefix,
        int page,
        int size,
        Keyset order,
        boolean deleted) {

    /** The largest page. */
    static final int MOST = 100;

    private static final int LAST_PAGE = 1_000_000;
    private static final Column BY_ID = Column.of("t.team_id", true);
    private static final Keyset NEWEST = new Keyset(List.of(Column.of("t.created_at", false), BY_ID));

    /** What a client sent, as it sent it. */
    record Sent(String page, String pageSize, String sortBy, String sortOrder, String status) {}

    static TeamPageQuery of(
            String userId,
            String organizationId,
            String teamId,
            String aliasPart,
            String search,
            String searchMatch,
            Sent sent) {
        int page = QueryNumbers.within("page", sent.page(), 1, LAST_PAGE);
        int size = QueryNumbers.within("page_size", sent.pageSize(), 10, MOST);
        Paging.requireReachable(page, size, "filter by organization_id or user_id, or turn the order round");
        return new TeamPageQuery(
                present(userId),
                present(organizationId),
                present(teamId),
                present(aliasPart),
                null,
                present(search),
                "prefix".equals(searchMatch),
                page,
                size,
                order(sent.sortBy(), sent.sortOrder()),
                asksForDeleted(sent));
    }

    /** For a form that looks teams up as somebody types. */
    static TeamPageQuery ofForm(String idPart, String aliasPart, Sent sent) {
        int page = QueryNumbers.within("page", sent.page(), 1, LAST_PAGE);
        int size = QueryNumbers.within("page_size", sent.pageSize(), 50, MOST);
        Paging.requireReachable(page, size, "narrow the search");
        return new TeamPageQuery(
                null, null, null, present(aliasPart), present(idPart), null, false, page, size, NEWEST, false);
    }

    TeamPageQuery ofUser(String user) {
        return new TeamPageQuery(
                user, organizationId, teamId, aliasPart, idPart, search, searchPrefix, page, size, order, deleted);
    }

    /** Where this team is in the order. */
    List<Object> placeOf(Team team) {
        return order.columns().stream()
                .map(column -> valueOf(team, column.sql()))
                .toList();
    }

    private static Object valueOf(Team team, String column) {
        return switch (column) {
            case "t.team_alias" -> team.teamAlias;
            case "t.created_at" -> team.createdAt;
            default -> team.teamId;
        };
    }

    int offset() {
        return (page - 1) * size;
    }

    private static boolean asksForDeleted(Sent sent) {
        if (present(sent.status()) == null) {
            return false;
        }
        if (!sent.status().equals("deleted")) {
            throw invalid("status", "deleted or left out");
        }
        if (present(sent.sortBy()) != null) {
            throw invalid("sort_by", "left out with status=deleted: what was deleted last comes first");
        }
        return true;
    }

    /** Written as the indexes are, read forwards or backwards. */
    private static Keyset order(String sortBy, String sortOrder) {
        if (present(sortBy) == null) {
            return NEWEST;
        }
        boolean ascending = ascending(sortOrder);
        return switch (sortBy) {
            case "team_id" -> new Keyset(List.of(Column.of("t.team_id", ascending)));
            case "team_alias" ->
                new Keyset(List.of(Column.nullable("t.team_alias", ascending), Column.of("t.team_id", ascending)));
            case "created_at" ->
                new Keyset(List.of(Column.of("t.created_at", ascending), Column.of("t.team_id", !ascending)));
            default -> throw invalid("sort_by", "one of team_id, team_alias, created_at");
        };
    }

    private static boolean ascending(String sortOrder) {
        if (present(sortOrder) == null || sortOrder.equalsIgnoreCase("asc")) {
            return true;
        }
        if (!sortOrder.equalsIgnoreCase("desc")) {
            throw invalid("sort_order", "asc or desc");
        }
        return false;
    }

    private static Problem invalid(String param, String expected) {
        return Problem.of(ProblemCode.INVALID_VALUE).param(param).detail("%s must be %s", param, expected);
    }

    private static String present(String criterion) {
        return criterion == null || criterion.isBlank() ? null : criterion;
    }
}
