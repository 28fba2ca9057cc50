package io.tenantry.usage;

import static io.tenantry.testing.Admissions.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionId;
import io.tenantry.admission.ForgottenAdmissions;
import io.tenantry.admission.LatestEnds;
import io.tenantry.admission.ModelFailures;
import io.tenantry.admission.OpenAdmissions;
import io.tenantry.admission.OutputHistory;
import io.tenantry.admission.SettledTotals;
import io.tenantry.admission.Untold;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.limits.engine.UnreservedUse;
import io.tenantry.testing.Api;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoresResource;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Uses that wait for the ledger, where the limit store misses that they do. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class SpooledHoldsTest {

    @Inject
    OpenAdmissions open;

    @Inject
    ForgottenAdmissions forgotten;

    @Inject
    Costs costs;

    @Inject
    Ledger ledger;

    @Inject
    Spool spool;

    @Inject
    PartialBookings partials;

    @Inject
    SettledTotals totals;

    @Inject
    LimitStore store;

    @Inject
    UnreservedUse unreserved;

    @Inject
    OutputHistory history;

    @Inject
    ModelFailures failures;

    @Inject
    Untold untold;

    @Inject
    LatestEnds ends;

    /** With a ledger that is away, and a store that puts nothing back. */
    private Settlement settlement() {
        var bookings = new Bookings(ledger, spool);
        var holds = new SpooledHolds(puttingNothingBack(), untold);
        return new Settlement(
                open,
                forgotten,
                costs,
                away(bookings),
                holds,
                partials,
                totals,
                store,
                unreserved,
                history,
                failures,
                untold,
                ends);
    }

    private static Bookings away(Bookings bookings) {
        bookings.markAway();
        return bookings;
    }

    private LimitStore puttingNothingBack() {
        return (LimitStore) Proxy.newProxyInstance(
                LimitStore.class.getClassLoader(),
                new Class<?>[] {LimitStore.class},
                (proxy, method, args) -> method.getName().equals("restore")
                        ? Uni.createFrom().failure(new StoreUnavailable("too many calls"))
                        : method.invoke(store, args));
    }

    @Test
    void a_use_that_waits_and_is_not_held_counts_as_it_was_reserved() {
        var key = Given.key("max_budget", 1.0);
        var admission = Api.asMaster().create("/v1/admissions", request(key, "estimated_cost_usd", 0.6));
        var used = new SettlementRequest(1L, 1L, null, new BigDecimal("0.5"), null, null, null);

        var settled = settlement()
                .settle(AdmissionId.parse(admission.getString("admission_id")).orElseThrow(), used)
                .await()
                .atMost(Duration.ofSeconds(10));

        assertThat(settled.spooled()).isTrue();
        assertThat(Api.asMaster()
                        .create("/v1/admissions", request(key, "estimated_cost_usd", 0.5))
                        .getBoolean("admitted"))
                .isFalse();
    }
}
