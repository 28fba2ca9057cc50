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
import java.util.UUID;

/**
 * Finds requests that are booked under a neighbouring day. The ledger's key has the day of the use beside key and request id; a use that is sent again
 * without its moment, or with a corrected one, may come on the other side of midnight.
 */
@ApplicationScoped
class KnownRequests {

    private static final String BOOKED = """
            select u.key_id, u.request_id, u.admitted_at
            from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as r(key_id, request_id, at)
            join usage_event u on u.request_id = r.request_id and u.key_id = r.key_id and u.entry_kind = 'use'
                              and u.day between (r.at at time zone 'UTC')::date - 1 and (r.at at time zone 'UTC')::date + 1
            where u.day between $4 and $5""";

    private final Pool pool;

    KnownRequests(@ReactiveDataSource(AdmissionPool.NAME) Pool pool) {
        this.pool = pool;
    }

    /** What the ledger books once a day. */
    record Request(UUID keyId, String requestId) {}

    /** Of those that are booked, the moment under which they are. */
    Uni<Map<Request, Instant>> momentsOf(Map<Request, Instant> requests) {
        if (requests.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        var keys = requests.keySet().stream().map(Request::keyId).toArray(UUID[]::new);
        var ids = requests.keySet().stream().map(Request::requestId).toArray(String[]::new);
        var moments = requests.values().stream()
                .map(at -> at.atOffset(ZoneOffset.UTC))
                .toArray(OffsetDateTime[]::new);
        var first = requests.values().stream().min(Instant::compareTo).orElseThrow();
        var last = requests.values().stream().max(Instant::compareTo).orElseThrow();
        return pool.preparedQuery(BOOKED)
                .execute(Tuple.of(
                        keys,
                        ids,
                        moments,
                        first.atOffset(ZoneOffset.UTC).toLocalDate().minusDays(1),
                        last.atOffset(ZoneOffset.UTC).toLocalDate().plusDays(1)))
                .map(KnownRequests::moments);
    }

    private static Map<Request, Instant> moments(RowSet<Row> rows) {
        var moments = new HashMap<Request, Instant>();
        for (var row : rows) {
            moments.put(
                    new Request(row.getUUID("key_id"), row.getString("request_id")),
                    row.getOffsetDateTime("admitted_at").toInstant());
        }
        return moments;
    }
}
