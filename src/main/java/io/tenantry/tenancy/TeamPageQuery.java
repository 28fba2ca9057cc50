package io.tenantry.tenancy;

import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.util.Set;

/**
 * Which page of which teams.
 *
 * @param userId        only teams of this member
 * @param aliasPart     a part of the alias, in any case
 * @param idPart        a part of the id
 * @param search        an id, or the beginning of one, or a part of the alias
 * @param searchPrefix  whether {@code search} may be the beginning of an id
 * @param order         the SQL that sorts
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
        String order) {

    /** The largest page. */
    static final int MOST = 100;

    private static final int LAST_PAGE = 1_000_000;
    private static final String NEWEST = "t.created_at desc, t.team_id";
    private static final Set<String> SORTED = Set.of("team_id", "team_alias", "created_at");

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
        requireLiving(sent.status());
        int page = number("page", sent.page(), 1, LAST_PAGE);
        int size = number("page_size", sent.pageSize(), 10, MOST);
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
                order(sent.sortBy(), sent.sortOrder()));
    }

    /** For a form that looks teams up as somebody types. */
    static TeamPageQuery ofForm(String idPart, String aliasPart, Sent sent) {
        int page = number("page", sent.page(), 1, LAST_PAGE);
        int size = number("page_size", sent.pageSize(), 50, MOST);
        Paging.requireReachable(page, size, "narrow the search");
        return new TeamPageQuery(
                null, null, null, present(aliasPart), present(idPart), null, false, page, size, NEWEST);
    }

    TeamPageQuery ofUser(String user) {
        return new TeamPageQuery(
                user, organizationId, teamId, aliasPart, idPart, search, searchPrefix, page, size, order);
    }

    int offset() {
        return (page - 1) * size;
    }

    private static void requireLiving(String status) {
        if (status == null || status.isBlank()) {
            return;
        }
        if (!status.equals("deleted")) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param("status").detail("status must be deleted or left out");
        }
        throw Problem.of(ProblemCode.NOT_ENFORCED)
                .param("status")
                .detail("status=deleted is not supported: what was deleted is in the audit trail");
    }

    private static String order(String sortBy, String sortOrder) {
        if (sortBy == null || !SORTED.contains(sortBy)) {
            return NEWEST;
        }
        var direction = "desc".equalsIgnoreCase(sortOrder) ? " desc" : " asc";
        return "t." + sortBy + direction + (sortBy.equals("team_id") ? "" : ", t.team_id" + direction);
    }

    private static int number(String name, String text, int otherwise, int most) {
        if (text == null || text.isBlank()) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > most) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param(name)
                    .detail("%s must be a whole number from 1 to %d", name, most);
        }
        return Integer.parseInt(text);
    }

    private static String present(String criterion) {
        return criterion == null || criterion.isBlank() ? null : criterion;
    }
}
