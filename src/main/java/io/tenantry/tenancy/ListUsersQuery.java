package io.tenantry.tenancy;

import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Keyset.Column;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** What {@code GET /user/list} and {@code GET /user/filter/ui} take. */
record ListUsersQuery(
        int page,
        int pageSize,
        String role,
        List<String> userIds,
        List<String> ssoUserIds,
        String userEmail,
        String team,
        List<String> organizationIds,
        String search,
        Order order) {

    static final int MOST_PER_PAGE = 100;
    private static final int DEFAULT_SIZE = 25;

    /** Skipping rows costs, if little; nobody turns ten thousand pages. */
    private static final int LAST_PAGE = 10_000;

    private static final int MOST_IDS = 1_000;

    /** How the list is sorted. Each has an index, and the id settles what is equal, so that pages do not overlap. */
    record Order(Keyset keyset) {

        private static final Map<String, List<String>> COLUMNS = Map.of(
                "user_id", List.of("u.user_id"),
                "user_email", List.of("lower(u.user_email)", "u.user_id"),
                "user_alias", List.of("u.user_alias", "u.user_id"),
                "user_role", List.of("u.user_role", "u.created_at", "u.user_id"),
                "created_at", List.of("u.created_at", "u.user_id"));

        private static final Set<String> WITHOUT_NULLS = Set.of("u.user_id", "u.created_at");

        static Order of(String sortBy, String sortOrder) {
            boolean ascending = ascending(sortBy, sortOrder);
            if ("spend".equals(sortBy)) {
                throw Problem.of(ProblemCode.NOT_ENFORCED)
                        .param("sort_by")
                        .detail(
                                "sort_by=spend is not supported: spend belongs to each user's own period, and no index orders it");
            }
            var columns = COLUMNS.get(sortBy == null ? "created_at" : sortBy);
            if (columns == null) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("sort_by")
                        .detail("sort_by must be one of user_id, user_email, created_at, user_alias, user_role");
            }
            return new Order(new Keyset(
                    columns.stream().map(sql -> column(sql, ascending)).toList()));
        }

        private static Column column(String sql, boolean ascending) {
            return WITHOUT_NULLS.contains(sql) ? Column.of(sql, ascending) : Column.nullable(sql, ascending);
        }

        private static boolean ascending(String sortBy, String sortOrder) {
            var order = sortOrder == null ? "asc" : sortOrder.toLowerCase(Locale.ROOT);
            if (!order.equals("asc") && !order.equals("desc")) {
                throw Problem.of(ProblemCode.INVALID_VALUE)
                        .param("sort_order")
                        .detail("sort_order must be asc or desc");
            }
            // an order alone names no column; the newest come first then
            return sortBy != null && order.equals("asc");
        }
    }

    /** Fails with VALIDATION for what cannot be read, with INVALID_VALUE or NOT_ENFORCED for what is not there to choose. */
    static ListUsersQuery of(MultivaluedMap<String, String> query) {
        int page = number(query, "page", 1, LAST_PAGE);
        int size = number(query, "page_size", DEFAULT_SIZE, MOST_PER_PAGE);
        Paging.requireReachable(page, size, "filter by organization_ids, team or role, or turn the order round");
        return new ListUsersQuery(
                page,
                size,
                text(query, "role"),
                texts(query, "user_ids"),
                texts(query, "sso_user_ids"),
                text(query, "user_email"),
                text(query, "team"),
                texts(query, "organization_ids"),
                text(query, "search"),
                Order.of(text(query, "sort_by"), text(query, "sort_order")));
    }

    /** The smaller search of user pickers: a part of the id or address, the newest first. */
    static ListUsersQuery ofPicker(MultivaluedMap<String, String> query) {
        var userId = text(query, "user_id");
        int page = number(query, "page", 1, LAST_PAGE);
        int size = number(query, "page_size", 50, MOST_PER_PAGE);
        Paging.requireReachable(page, size, "narrow the search");
        return new ListUsersQuery(
                page,
                size,
                null,
                userId == null ? List.of() : List.of(userId),
                List.of(),
                text(query, "user_email"),
                text(query, "team_id"),
                List.of(),
                null,
                Order.of(null, null));
    }

    /** Whether it is about everybody within reach. */
    boolean namesNothing() {
        return Stream.of(role, userEmail, team, search).allMatch(Objects::isNull)
                && Stream.of(userIds, ssoUserIds, organizationIds).allMatch(List::isEmpty);
    }

    long offset() {
        return Paging.skipped(page, pageSize);
    }

    private static String text(MultivaluedMap<String, String> query, String name) {
        var value = query.getFirst(name);
        return value == null || value.isBlank() ? null : value.trim();
    }

    private static List<String> texts(MultivaluedMap<String, String> query, String name) {
        var value = text(query, name);
        var texts = value == null
                ? List.<String>of()
                : Arrays.stream(value.split(","))
                        .map(String::trim)
                        .filter(part -> !part.isEmpty())
                        .distinct()
                        .toList();
        if (texts.size() > MOST_IDS) {
            throw Problem.of(ProblemCode.VALIDATION).param(name).detail("%s may name %d at most", name, MOST_IDS);
        }
        return texts;
    }

    private static int number(MultivaluedMap<String, String> query, String name, int otherwise, int most) {
        var value = text(query, name);
        if (value == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // told below, together with a number out of range
        }
        throw Problem.of(ProblemCode.VALIDATION)
                .param(name)
                .detail("%s must be a whole number from 1 to %d", name, most);
    }
}
