package io.tenantry.keys;

import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Keyset.Column;
import io.tenantry.platform.database.Keyset.Nulls;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What {@code GET /key/list} takes. */
record ListKeysQuery(
        int page,
        int size,
        String userId,
        String teamId,
        String organizationId,
        String keyHash,
        String keyAlias,
        boolean returnFullObject,
        boolean includeTeamKeys,
        boolean includeCreatedByKeys,
        String userEmail,
        String search,
        String accessGroupId,
        boolean substringMatching,
        boolean expandUser,
        boolean deleted,
        Order order) {

    private static final int DEFAULT_SIZE = 10;
    private static final int MOST_PER_PAGE = 100;
    private static final int LAST_PAGE = 1_000_000;

    /** Parameters of this API that would change the answer and that we do not have. */
    private static final List<String> UNSUPPORTED = List.of("project_id");

    /** How the list is sorted; the id settles what is equal, so that pages do not overlap. */
    record Order(String column, boolean ascending) {

        private static final Map<String, String> COLUMNS = Map.of(
                "created_at", "k.created_at",
                "updated_at", "k.updated_at",
                "token", "k.secret_hash",
                "key_alias", "k.key_alias",
                "expires", "k.expires_at",
                "max_budget", "k.max_budget_nano");

        static Order of(String sortBy, String sortOrder) {
            var column = COLUMNS.get(sortBy == null ? "created_at" : sortBy);
            if (column == null) {
                throw invalid("sort_by", "one of created_at, updated_at, token, key_alias, max_budget, expires");
            }
            return new Order(column, ascending(sortOrder));
        }

        private static boolean ascending(String sortOrder) {
            var order = sortOrder == null ? "desc" : sortOrder.toLowerCase(Locale.ROOT);
            if (!Set.of("asc", "desc").contains(order)) {
                throw invalid("sort_order", "asc or desc");
            }
            return order.equals("asc");
        }

        /** Written so that an index on (column desc, key_id) serves both directions. */
        Keyset keyset() {
            var first =
                    switch (column) {
                        case "k.key_alias" -> new Column(column, ascending, ascending ? Nulls.FIRST : Nulls.LAST);
                        case "k.expires_at", "k.max_budget_nano" -> Column.nullable(column, ascending);
                        default -> Column.of(column, ascending);
                    };
            return new Keyset(List.of(first, Column.of("k.key_id", !ascending)));
        }
    }

    /** Fails with VALIDATION for what cannot be read, with NOT_ENFORCED or INVALID_VALUE for what is not there to choose. */
    static ListKeysQuery of(MultivaluedMap<String, String> query) {
        UNSUPPORTED.stream()
                .filter(name -> text(query, name) != null && !text(query, name).equalsIgnoreCase("false"))
                .findFirst()
                .ifPresent(ListKeysQuery::refuse);
        if (text(query, "user_id") != null && text(query, "user_email") != null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("user_email")
                    .detail("give user_id or user_email, not both");
        }
        int page = number(query, "page", 1, LAST_PAGE);
        int size = number(query, "size", DEFAULT_SIZE, MOST_PER_PAGE);
        Paging.requireReachable(page, size, "filter by organization_id, team_id or user_id, or turn the order round");
        return new ListKeysQuery(
                page,
                size,
                text(query, "user_id"),
                text(query, "team_id"),
                text(query, "organization_id"),
                text(query, "key_hash"),
                text(query, "key_alias"),
                flag(query, "return_full_object"),
                flag(query, "include_team_keys"),
                flag(query, "include_created_by_keys"),
                text(query, "user_email"),
                text(query, "search"),
                text(query, "access_group_id"),
                flag(query, "substring_matching"),
                expandsUser(query),
                onlyDeleted(query),
                Order.of(text(query, "sort_by"), text(query, "sort_order")));
    }

    private static boolean expandsUser(MultivaluedMap<String, String> query) {
        var expand = query.getOrDefault("expand", List.of());
        if (expand.stream().anyMatch(name -> !name.isBlank() && !name.equals("user"))) {
            throw invalid("expand", "user");
        }
        return expand.contains("user");
    }

    private static boolean onlyDeleted(MultivaluedMap<String, String> query) {
        var status = text(query, "status");
        if (status != null && !status.equals("deleted")) {
            throw invalid("status", "deleted, or left out");
        }
        return status != null;
    }

    /** The same, asking for this user by id instead of by address. */
    ListKeysQuery ofUser(String id) {
        return new ListKeysQuery(
                page,
                size,
                id,
                teamId,
                organizationId,
                keyHash,
                keyAlias,
                returnFullObject,
                includeTeamKeys,
                includeCreatedByKeys,
                null,
                search,
                accessGroupId,
                substringMatching,
                expandUser,
                deleted,
                order);
    }

    boolean isFull() {
        return returnFullObject || expandUser;
    }

    boolean namesNoOwner() {
        return userId == null && teamId == null && organizationId == null;
    }

    /** Whether it is about a key, or about keys of one team or user, which are few. */
    boolean namesFew() {
        return userId != null || teamId != null || keyHash != null;
    }

    long offset() {
        return Paging.skipped(page, size);
    }

    private static void refuse(String name) {
        throw Problem.of(ProblemCode.NOT_ENFORCED)
                .param(name)
                .detail("%s is not supported yet: it would be ignored, so it is refused", name);
    }

    private static String text(MultivaluedMap<String, String> query, String name) {
        var value = query.getFirst(name);
        return value == null || value.isBlank() ? null : value;
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
        throw unreadable(name, "a whole number from 1 to " + most);
    }

    private static boolean flag(MultivaluedMap<String, String> query, String name) {
        var value = text(query, name);
        if (value == null) {
            return false;
        }
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on" -> true;
            case "false", "0", "no", "off" -> false;
            default -> throw unreadable(name, "true or false");
        };
    }

    private static Problem unreadable(String name, String expected) {
        return Problem.of(ProblemCode.VALIDATION).param(name).detail("%s must be %s", name, expected);
    }

    private static Problem invalid(String name, String expected) {
        return Problem.of(ProblemCode.INVALID_VALUE).param(name).detail("%s must be %s", name, expected);
    }
}
