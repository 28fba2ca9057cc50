package io.tenantry.usage;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.http.StoreFailures;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;

/** Bookings that said "at least this much" and are raised by a later settlement of the same request, until one is final. */
@ApplicationScoped
class PartialBookings {

    private static final String RAISE = "select raise_usage(with_total_for_all($1)) as raised";

    private final Pool pool;
    private final UsageConfig config;

    PartialBookings(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, UsageConfig config) {
        this.pool = pool;
        this.config = config;
    }

    /**
     * A booking after it was raised.
     *
     * @param before as it was until then
     */
    record Raised(Booked now, Booked before) {}

    /** Repeating it changes nothing. Fails as {@link Ledger#append}. */
    Uni<Raised> raise(UsageEvent event) {
        return raise(event.json());
    }

    /** The same for an event that was acknowledged before. */
    Uni<Raised> raise(JsonObject event) {
        return pool.preparedQuery(RAISE)
                .execute(Tuple.of(event))
                .ifNoItem()
                .after(config.commitTimeout())
                .failWith(Ledger::tooLate)
                .onFailure()
                .transform(failure -> StoreFailures.problemFor(failure)
                        .map(known -> (Throwable) known)
                        .orElse(failure))
                .map(rows -> raised(rows.iterator().next().getJsonObject("raised")));
    }

    private static Raised raised(JsonObject answer) {
        var totals = BookingAnswer.totals(answer.getJsonArray("totals"));
        return new Raised(
                BookingAnswer.before(answer.getJsonObject("now"), totals),
                BookingAnswer.before(answer.getJsonObject("before"), totals));
    }
}
