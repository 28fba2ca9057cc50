package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionId;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.admission.ForgottenAdmissions;
import io.tenantry.admission.LatestEnds;
import io.tenantry.admission.ModelFailures;
import io.tenantry.admission.OpenAdmissions;
import io.tenantry.admission.OutputHistory;
import io.tenantry.admission.SettledTotals;
import io.tenantry.admission.Untold;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.UnreservedUse;
import io.tenantry.usage.PartialBookings.Raised;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Replaces what an admission held by what was really used: booked in the ledger, then told to the limit store. Always lands: also late, also
 * twice, also when the hold has ended or Redis has forgotten or is away. What Redis misses it reads from the ledger before it admits again.
 */
@ApplicationScoped
public class Settlement {

    private static final Logger LOG = Logger.getLogger(Settlement.class);

    private final OpenAdmissions open;
    private final ForgottenAdmissions forgotten;
    private final Costs costs;
    private final Bookings bookings;
    private final SpooledHolds spooled;
    private final PartialBookings partials;
    private final SettledTotals totals;
    private final LimitStore store;
    private final UnreservedUse unreserved;
    private final OutputHistory history;
    private final ModelFailures failures;
    private final Untold untold;
    private final LatestEnds ends;

    Settlement(
            OpenAdmissions open,
            ForgottenAdmissions forgotten,
            Costs costs,
            Bookings bookings,
            SpooledHolds spooled,
            PartialBookings partials,
            SettledTotals totals,
            LimitStore store,
            UnreservedUse unreserved,
            OutputHistory history,
            ModelFailures failures,
            Untold untold,
            LatestEnds ends) {
        this.open = open;
        this.forgotten = forgotten;
        this.costs = costs;
        this.bookings = bookings;
        this.spooled = spooled;
        this.partials = partials;
        this.totals = totals;
        this.store = store;
        this.unreserved = unreserved;
        this.history = history;
        this.failures = failures;
        this.untold = untold;
        this.ends = ends;
    }

    /**
     * Books the use and corrects the balances; the first answer when it was settled before. A use that was booked as partial is raised instead.
     * Fails with NOT_FOUND when the admission's key never existed, with MODEL_UNPRICED when no cost is given and the model has no price.
     */
    Uni<SettlementView> settle(AdmissionId id, SettlementRequest request) {
        var used = request.used();
        return open.find(id)
                .flatMap(found -> found.map(record -> settle(record, request, used, this::tellSettled))
                        .orElseGet(() -> forgotten(id, request)
                                .flatMap(record -> settle(record, request, used, this::tellForgotten))))
                .map(booked -> SettlementView.of(id, booked));
    }

    /** What the limit store is told of a use that is booked. */
    private interface Telling extends BiFunction<AdmissionRecord, Booked, Uni<Void>> {}

    private Uni<Booked> settle(AdmissionRecord record, SettlementRequest request, Used used, Telling telling) {
        var event = event(record, request.model(), used);
        return bookings.book(record, event)
                .invoke(booked -> open.settled(record.id()))
                .flatMap(booked -> isRaised(booked)
                        ? raise(record, event)
                                .onFailure(Bookings::isAway)
                                .recoverWithUni(() -> keep(record, event, telling))
                        : settled(record, booked, telling));
    }

    /** What waits for the ledger raises there by itself what was booked in part. */
    private static boolean isRaised(Booked booked) {
        return !booked.first() && booked.partial() && !booked.spooled();
    }

    private Uni<Booked> keep(AdmissionRecord record, UsageEvent event, Telling telling) {
        return bookings.keepNow(record, event).flatMap(kept -> settled(record, kept, telling));
    }

    private Uni<Booked> settled(AdmissionRecord record, Booked booked, Telling telling) {
        if (booked.first()) {
            learn(record, booked);
        }
        return keepSpooled(record, booked)
                .chain(() -> telling.apply(record, booked))
                .invoke(() -> rememberEnd(record, booked))
                .onFailure()
                .invoke(failure -> tellLater(record, booked, telling))
                .onFailure()
                .recoverWithNull()
                .replaceWith(booked);
    }

    /** Not while the use is in no ledger: its total would not have it. */
    private void rememberEnd(AdmissionRecord record, Booked booked) {
        if (!booked.spooled()) {
            ends.settled(record.id());
        }
    }

    /** Not while the use is in no ledger: what holds it instead may be missing as well, and then the reservation has to stand in for it. */
    private void tellLater(AdmissionRecord record, Booked booked, Telling telling) {
        if (!booked.spooled()) {
            untold.settled(record.id().holdId(), () -> telling.apply(record, booked));
        }
    }

    private Uni<Void> tellSettled(AdmissionRecord record, Booked booked) {
        return told(record, part -> store.settle(part.root(), record.id().holdId(), actual(part, booked)));
    }

    /**
     * Another instance may have admitted it, and Redis did not answer when it was looked for. Ended as what it has become by now, what it holds would
     * stay until its lease ends: so it is looked for once more. Its windows' totals are read, since they may be others.
     */
    private Uni<Void> tellForgotten(AdmissionRecord guess, Booked booked) {
        return open.remembered(guess.id())
                .flatMap(found -> found.isPresent()
                        ? told(found.get(), part -> tellRemembered(found.get(), part, booked))
                        : tellSettled(guess, booked));
    }

    private Uni<Void> tellRemembered(AdmissionRecord record, AdmissionRecord.Part part, Booked booked) {
        return totals.withTotals(part.charges(), charge -> ActualUse.amount(charge, booked))
                .flatMap(used -> store.settle(part.root(), record.id().holdId(), used));
    }

    /** What is not in the ledger yet is held instead, before what was reserved is given back: where it is not, that stands in for it until its lease ends. */
    private Uni<Void> keepSpooled(AdmissionRecord record, Booked booked) {
        return booked.spooled()
                ? spooled.keep(record, booked)
                        .onFailure()
                        .invoke(failure -> LOG.debugf(
                                "A kept settlement could not be told to the limit store: %s", failure.getMessage()))
                : Uni.createFrom().voidItem();
    }

    private static List<ActualCharge> actual(AdmissionRecord.Part part, Booked booked) {
        return part.charges().stream()
                .map(charge -> ActualUse.of(charge, booked))
                .toList();
    }

    private Uni<Booked> raise(AdmissionRecord record, UsageEvent event) {
        return partials.raise(event)
                .invoke(raised -> learn(record, raised.now()))
                .call(raised -> tellRaise(record, raised))
                .map(Raised::now);
    }

    /** Later only that it is booked: nothing is held that would end and make Redis read the total. */
    private Uni<Void> tellRaise(AdmissionRecord record, Raised raised) {
        return told(record, part -> tellRaise(part, record, raised))
                .onFailure()
                .invoke(failure -> untold.settled(record.id().holdId(), () -> tellSettled(record, raised.now())))
                .onFailure()
                .recoverWithNull();
    }

    /** The first settlement has ended the reservation: totals are raised, and rates are taken what goes beyond what they gave before. */
    private Uni<Void> tellRaise(AdmissionRecord.Part part, AdmissionRecord record, Raised raised) {
        var more = new ArrayList<Charge.Rate>();
        for (var charge : part.charges()) {
            long amount = ActualUse.amount(charge, raised.now()) - ActualUse.amount(charge, raised.before());
            if (charge instanceof Charge.Rate rate && amount > 0) {
                more.add(new Charge.Rate(rate.limit(), amount, rate.rule(), rate.shadow()));
            }
        }
        return store.settle(part.root(), record.id().holdId(), actual(part, raised.now()))
                .chain(() -> unreserved.take(part.root(), more));
    }

    /** A failure is the model's: dynamic limits go by it. Only whole answers tell how long answers are. Under the model that was asked for, since that is what the next request asks for. */
    private void learn(AdmissionRecord record, Booked booked) {
        boolean batch = record.estimate() != null && record.estimate().isBatch();
        if (booked.status().equals(Used.SUCCESS) && !booked.partial() && !batch) {
            history.observe(record.owner().keyId(), record.model(), booked.outputTokens());
        }
        if (booked.status().equals(Used.FAILURE)) {
            failures.observe(record.model());
        }
    }

    /** Nobody remembers the admission: there is nothing left to correct but totals. */
    private Uni<AdmissionRecord> forgotten(AdmissionId id, SettlementRequest request) {
        return forgotten
                .find(id, request.model())
                .map(found -> found.orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND)
                        .param("admission_id")
                        .detail("This is no admission_id of ours (not found)")));
    }

    private UsageEvent event(AdmissionRecord record, String answering, Used used) {
        return UsageEvent.of(record, answering == null ? record.model() : answering, used, costs);
    }

    private static Uni<Void> told(AdmissionRecord record, Function<AdmissionRecord.Part, Uni<Void>> telling) {
        return Uni.join()
                .all(record.parts().stream().map(telling).toList())
                .andCollectFailures()
                .onFailure()
                .invoke(failure ->
                        LOG.debugf("A settlement could not be told to the limit store: %s", failure.getMessage()))
                .replaceWithVoid();
    }
}
