package io.tenantry.usage;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionId;
import io.tenantry.admission.SettledAdmissions;
import io.tenantry.platform.database.AdmissionPool;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Looks admissions up in the ledger. */
@ApplicationScoped
class BookedAdmissions implements SettledAdmissions {

    /** The days twice: once to join by, once so that the planner leaves out the partitions of all others. */
    private static final String BOOKED = """
            select a.n
            from unnest($1::text[], $2::uuid[], $3::date[]) with ordinality as a(request_id, key_id, day, n)
            join usage_event u on u.request_id = a.request_id and u.day = a.day and u.key_id = a.key_id and u.entry_kind = 'use'
            where u.day between $4 and $5""";

    private final Pool pool;
    private final UsageConfig config;

    BookedAdmissions(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, UsageConfig config) {
        this.pool = pool;
        this.config = config;
    }

    @Override
    public Uni<Set<AdmissionId>> among(List<AdmissionId> admissions) {
        var days = admissions.stream().map(BookedAdmissions::dayOf).toArray(LocalDate[]::new);
        return pool.preparedQuery(BOOKED)
                .execute(Tuple.of(
                        admissions.stream().map(AdmissionId::requestId).toArray(String[]::new),
                        admissions.stream().map(AdmissionId::keyId).toArray(UUID[]::new),
                        days,
                        List.of(days).stream().min(LocalDate::compareTo).orElseThrow(),
                        List.of(days).stream().max(LocalDate::compareTo).orElseThrow()))
                .ifNoItem()
                .after(config.commitTimeout())
                .failWith(Ledger::tooLate)
                .map(rows -> booked(rows, admissions));
    }

    private static LocalDate dayOf(AdmissionId id) {
        return LocalDate.ofInstant(id.admittedAt(), ZoneOffset.UTC);
    }

    private static Set<AdmissionId> booked(RowSet<Row> rows, List<AdmissionId> admissions) {
        var booked = new HashSet<AdmissionId>();
        for (var row : rows) {
            booked.add(admissions.get(row.getInteger(0) - 1));
        }
        return booked;
    }
}
