package io.tenantry.usage;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.Untold;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.OpenReservation;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;

/**
 * What was used and is not in the ledger yet, as the limit store sees it: a hold of exactly that much. Totals come from the ledger and do not have
 * it; so limits stay exact as long as it waits. Its booking takes the hold away in the same step that raises the total.
 */
@ApplicationScoped
class SpooledHolds {

    private static final Logger LOG = Logger.getLogger(SpooledHolds.class);
    private static final int AT_ONCE = 32;

    /** If it is not booked by then, the window's total is read from the ledger, which is away as well: nothing more is admitted under it. */
    private static final Duration LONGEST = Duration.ofDays(2);

    private final LimitStore store;
    private final Untold untold;

    SpooledHolds(LimitStore store, Untold untold) {
        this.store = store;
        this.untold = untold;
    }

    /** Before what was held for it is given back: for a moment both count, never none. */
    Uni<Void> keep(AdmissionRecord record, Booked use) {
        var parts = record.parts().stream()
                .map(part -> new OpenReservation(
                        part.root(),
                        id(record, use),
                        used(part.charges(), use),
                        Instant.now().truncatedTo(ChronoUnit.HOURS).plus(LONGEST), // the store groups by end
                        LONGEST,
                        Buffer.buffer()))
                .filter(hold -> !hold.charges().isEmpty())
                .map(store::restore)
                .toList();
        return parts.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.join().all(parts).andFailFast().replaceWithVoid();
    }

    /** They are booked. Without Redis the holds stay, and their windows have less room than they should until it can be told. */
    Uni<Void> free(List<Spool.Entry> entries, List<Booked> booked) {
        var positions = IntStream.range(0, entries.size()).boxed();
        return Multi.createFrom()
                .items(positions)
                .onItem()
                .transformToUni(n -> free(entries.get(n).use(), booked.get(n)))
                .merge(AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> free(SpooledUse use, Booked booked) {
        return tell(use, booked)
                .onFailure()
                .invoke(failure -> tellLater(use, booked, failure))
                .onFailure()
                .recoverWithNull();
    }

    private void tellLater(SpooledUse use, Booked booked, Throwable failure) {
        LOG.debugf("A booking could not be told to the limit store: %s", failure.getMessage());
        untold.settled(id(use.admission(), use.booked(false)), LONGEST, () -> tell(use, booked));
    }

    private Uni<Void> tell(SpooledUse use, Booked booked) {
        var record = use.admission();
        var kept = use.booked(false);
        var parts = record.parts().stream()
                .map(part -> store.settle(
                        part.root(),
                        id(record, kept),
                        used(part.charges(), kept).stream()
                                .map(charge -> new ActualCharge(
                                        charge, charge.amount(), booked.totalOf((Charge.Budget) charge)))
                                .toList()))
                .toList();
        return Uni.join().all(parts).andCollectFailures().replaceWithVoid();
    }

    /** One for each that is kept: a part of a use that has been booked by now must not stand for a larger one, or for the whole. */
    private static String id(AdmissionRecord record, Booked kept) {
        var id = record.id().holdId() + ":spooled:" + kept.settledAt().toEpochMilli();
        return kept.partial()
                ? "%s:partial:%d:%d"
                        .formatted(id, kept.totalTokens(), kept.cost().value())
                : id;
    }

    /** Budgets only: rates and slots have no ledger behind them and were settled at once. */
    private static List<Charge> used(List<Charge> charges, Booked use) {
        return charges.stream()
                .filter(Charge.Budget.class::isInstance)
                .map(Charge.Budget.class::cast)
                .<Charge>map(budget -> new Charge.Budget(
                        budget.limit(),
                        ActualUse.amount(budget, use),
                        budget.most(),
                        budget.soft(),
                        budget.window(),
                        budget.shadow(),
                        budget.carry()))
                .toList();
    }
}
