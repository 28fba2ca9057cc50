package io.tenantry.usage;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.database.AdmissionPool;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds requests that are booked under a neighbouring day. The ledger's key is the request id and the day of the use; a use that is sent again
 * without its moment, or with a corrected one, may come on the other side of midnight.
 */
@ApplicationScoped
class KnownRequests {

    private static final String BOOKED = """
            select u.request_id, u.admitted_at
            from unnest($1::text[], $2::timestamptz[]) as r(request_id, at)
            join usage_event u on u.request_id = r.request_id
                              and u.day between (r.at at time zone 'UTC')::date - 1 and (r.at at time zone 'UTC')::date + 1
            where u.day between $3 and $4""";

    private final Pool pool;

    KnownRequests(@ReactiveDataSource(AdmissionPool.NAME) Pool pool) {
        this.pool = pool;
    }

    /** Of those that are booked, the moment under which they are. */
    Uni<Map<String, Instant>> momentsOf(Map<String, Instant> requests) {
        var ids = requests.keySet().toArray(String[]::new);
        var moments = requests.values().stream()
                .map(at -> at.atOffset(ZoneOffset.UTC))
                .toArray(OffsetDateTime[]::new);
        var first = requests.values().stream().min(Instant::compareTo).orElseThrow();
        var last = requests.values().stream().max(Instant::compareTo).orElseThrow();
        return pool.preparedQuery(BOOKED)
                .execute(Tuple.of(
                        ids,
                        moments,
                        first.atOffset(ZoneOffset.UTC).toLocalDate().minusDays(1),
                        last.atOffset(ZoneOffset.UTC).toLocalDate().plusDays(1)))
                .map(KnownRequests::byId);
    }

    private static Map<String, Instant> byId(RowSet<Row> rows) {
        var moments = new HashMap<String, Instant>();
        for (var row : rows) {
            moments.put(
                    row.getString("request_id"),
                    row.getOffsetDateTime("admitted_at").toInstant());
        }
        return moments;
    }
}
