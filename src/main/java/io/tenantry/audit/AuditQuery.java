package io.tenantry.audit;

import io.tenantry.core.Paging;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.database.Keyset;
import io.tenantry.platform.database.Keyset.Column;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.QueryParam;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** What is asked of the trail: the query of {@code GET /audit}. */
public class AuditQuery {

    @QueryParam("page")
    @DefaultValue("1")
    @Min(1)
    @Parameter(description = "Which page, from 1. Pages beyond the first 100,000 entries are reached with cursor.")
    Integer page;

    @QueryParam("page_size")
    @DefaultValue("10")
    @Min(1)
    @Max(100)
    @Parameter(description = "Entries on a page, 100 at most.")
    Integer pageSize;

    @QueryParam("cursor")
    @Size(max = 200)
    @Parameter(
            description = "The next_cursor of the page before: costs the same however far back it is. Replaces page.")
    String cursor;

    @QueryParam("changed_by")
    @Parameter(description = "Whose changes: a user's id, default_user_id for the master key.")
    String changedBy;

    @QueryParam("changed_by_api_key")
    @Parameter(description = "Changes made with this key: its key_id, its hash or the key itself.")
    String changedByApiKey;

    @QueryParam("action")
    @Parameter(description = "created, updated, deleted, blocked, unblocked or rotated.")
    String action;

    @QueryParam("table_name")
    @Parameter(description = "What was changed, for example LiteLLM_TeamTable.")
    String tableName;

    @QueryParam("object_id")
    @Parameter(description = "The id of what was changed.")
    String objectId;

    @QueryParam("object_team_id")
    @Parameter(description = "Changes of what belongs to this team.")
    String objectTeamId;

    @QueryParam("object_key_hash")
    @Parameter(description = "Changes of this key: its key_id, its hash or the key itself.")
    String objectKeyHash;

    @QueryParam("start_date")
    @Parameter(description = "From this instant or day on (UTC).")
    String startDate;

    @QueryParam("end_date")
    @Parameter(description = "Up to this instant, or the end of this day (UTC).")
    String endDate;

    @QueryParam("sort_by")
    @DefaultValue("updated_at")
    @Parameter(description = "updated_at only.")
    String sortBy;

    @QueryParam("sort_order")
    @DefaultValue("desc")
    @Parameter(description = "desc (newest first) or asc.")
    String sortOrder;

    /** Fails with INVALID_VALUE for an order that no index has, or a page that is too far. */
    void requireSupported() {
        require(
                "updated_at".equals(sortBy),
                "sort_by",
                "sort_by must be updated_at: other orders would read the whole trail");
        require("asc".equals(sortOrder) || "desc".equals(sortOrder), "sort_order", "sort_order must be asc or desc");
        require(
                (long) page * pageSize <= Paging.DEEPEST_ROW || cursor != null,
                "page",
                "Pages end after 100000 entries: narrow the search, or go on with cursor");
    }

    private static void require(boolean holds, String param, String detail) {
        if (!holds) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param(param).detail("%s", detail);
        }
    }

    Keyset order() {
        return new Keyset(List.of(Column.of("at", !newestFirst()), Column.of("audit_id", !newestFirst())));
    }

    boolean newestFirst() {
        return "desc".equals(sortOrder);
    }

    int skipped() {
        return cursor == null ? (page - 1) * pageSize : 0;
    }

    /** Null when not given. */
    Instant from() {
        return instant("start_date", startDate, false);
    }

    /** Inclusive; null when not given. */
    Instant to() {
        return instant("end_date", endDate, true);
    }

    private static Instant instant(String param, String text, boolean endOfDay) {
        if (text == null || text.isBlank()) {
            return null;
        }
        var given = text.strip().replace(' ', 'T');
        try {
            if (given.length() == 10) {
                var day = LocalDate.parse(given);
                return endOfDay
                        ? day.plusDays(1)
                                .atStartOfDay(ZoneOffset.UTC)
                                .toInstant()
                                .minusNanos(1_000)
                        : day.atStartOfDay(ZoneOffset.UTC).toInstant();
            }
            return given.matches(".*(Z|[+-]\\d\\d:?\\d\\d)")
                    ? OffsetDateTime.parse(given).toInstant()
                    : LocalDateTime.parse(given).toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException unreadable) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(param)
                    .detail("%s must be a day (2026-03-01) or an instant (2026-03-01T12:00:00Z)", param);
        }
    }
}
