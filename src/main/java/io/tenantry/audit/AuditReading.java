package io.tenantry.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.tenantry.platform.database.Bookmarks;
import io.tenantry.platform.database.Bookmarks.Reading;
import io.tenantry.platform.database.Totals;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** Reads the trail. Each question has an index in whose order it is answered, so a page costs the same however long the trail is. */
@ApplicationScoped
class AuditReading {

    private static final String COLUMNS = """
            select audit_id, at, coalesce(on_behalf_of, actor_user_id) as changed_by, actor_key_id, action, object_kind, object_id,
                   before_value::text as before_value, after_value::text as after_value, actor_user_id, organization_id
            from audit_log where\s""";

    private final Pool pool;
    private final ObjectMapper json;
    private final Totals totals;
    private final Bookmarks bookmarks;

    AuditReading(Pool pool, ObjectMapper json, Totals totals, Bookmarks bookmarks) {
        this.pool = pool;
        this.json = json;
        this.totals = totals;
        this.bookmarks = bookmarks;
    }

    private record Found(AuditEntryView entry, AuditCursor place) {}

    /** A page of what the caller may see. */
    Uni<AuditPageView> page(Scope scope, AuditQuery query) {
        query.requireSupported();
        var filter = AuditFilter.of(scope, query);
        var reading = reading(scope, filter, query);
        var place = place(reading, query);
        if (place != null) {
            filter.after(place, query.newestFirst());
        }
        var direction = query.newestFirst() ? "desc" : "asc";
        // one more than the page tells whether there is another
        var sql = COLUMNS + filter.where() + " order by at " + direction + ", audit_id " + direction + " limit "
                + (query.pageSize + 1) + " offset " + (place == null ? query.skipped() : 0);
        return pool.preparedQuery(sql)
                .execute(filter.args())
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(this::found)
                        .toList())
                .invoke(found -> mark(reading, query, found))
                .flatMap(found -> total(scope, query, found).map(total -> view(query, found, total)));
    }

    private static Reading reading(Scope scope, AuditFilter filter, AuditQuery query) {
        return Reading.of(scope.caller(), filter.where(), filter.values(), query.order(), query.pageSize);
    }

    /** Where the page begins: at the cursor, else where the caller's page before has just ended; null where neither is known. */
    private AuditCursor place(Reading reading, AuditQuery query) {
        if (query.cursor != null) {
            return AuditCursor.of(query.cursor);
        }
        var end = bookmarks.before(reading, query.page);
        return end == null ? null : new AuditCursor((OffsetDateTime) end.get(0), (UUID) end.get(1));
    }

    private void mark(Reading reading, AuditQuery query, List<Found> found) {
        if (query.cursor == null && found.size() > query.pageSize) {
            var last = found.get(query.pageSize - 1).place();
            bookmarks.mark(reading, query.page, List.of(last.at(), last.auditId()));
        }
    }

    private Uni<Long> total(Scope scope, AuditQuery query, List<Found> found) {
        if (query.cursor == null && query.page == 1 && found.size() <= query.pageSize) {
            return Uni.createFrom().item((long) found.size());
        }
        // without the place of the cursor, which is no part of what is counted
        var filter = AuditFilter.of(scope, query);
        var sql = Totals.sql("from audit_log where " + filter.where());
        return totals.of(sql, filter.values(), () -> pool.preparedQuery(sql)
                .execute(filter.args())
                .map(rows -> rows.iterator().next().getLong(0)));
    }

    private static AuditPageView view(AuditQuery query, List<Found> found, long total) {
        var shown = found.subList(0, Math.min(found.size(), query.pageSize));
        var next = found.size() > query.pageSize
                ? shown.get(shown.size() - 1).place().text()
                : null;
        return new AuditPageView(
                shown.stream().map(Found::entry).toList(),
                total,
                query.page,
                query.pageSize,
                (total + query.pageSize - 1) / query.pageSize,
                next);
    }

    /** Fails with NOT_FOUND, also for an entry that the caller may not see. */
    Uni<AuditEntryView> one(Scope scope, String auditId) {
        var filter = AuditFilter.within(scope);
        filter.and("audit_id = ?", idOf(auditId));
        return pool.preparedQuery(COLUMNS + filter.where())
                .execute(filter.args())
                .map(rows ->
                        rows.size() == 0 ? null : found(rows.iterator().next()).entry())
                .onItem()
                .ifNull()
                .failWith(() -> missing(auditId));
    }

    private static UUID idOf(String auditId) {
        try {
            return UUID.fromString(auditId);
        } catch (IllegalArgumentException none) {
            throw missing(auditId);
        }
    }

    private static Problem missing(String auditId) {
        return Problem.of(ProblemCode.NOT_FOUND)
                .param("id")
                .detail("Audit log entry '%s' does not exist (not found)", auditId);
    }

    private Found found(Row row) {
        var at = row.getOffsetDateTime("at");
        var id = row.getUUID("audit_id");
        var after = row.getString("after_value");
        var entry = new AuditEntryView(
                id.toString(),
                at.toInstant(),
                row.getString("changed_by"),
                row.getString("actor_key_id") == null ? "" : row.getString("actor_key_id"),
                row.getString("action"),
                AuditTables.nameOf(row.getString("object_kind")),
                row.getString("object_id"),
                value(row.getString("before_value")),
                after == null ? Map.of() : value(after),
                row.getString("actor_user_id"),
                row.getString("organization_id"));
        return new Found(entry, new AuditCursor(at, id));
    }

    private Object value(String text) {
        try {
            return text == null ? null : json.readValue(text, Object.class);
        } catch (JsonProcessingException impossible) { // the column holds JSON
            throw new IllegalStateException(impossible);
        }
    }
}
