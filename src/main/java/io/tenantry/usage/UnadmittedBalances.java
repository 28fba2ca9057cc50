package io.tenantry.usage;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.UnreservedUse;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Tells the limit store of uses that were booked without a reservation, many at once: each window its latest total, each bucket the sum. A
 * bucket has forgotten what is longer ago than its own window, so only younger uses are taken from it.
 */
@ApplicationScoped
class UnadmittedBalances {

    private static final Logger LOG = Logger.getLogger(UnadmittedBalances.class);

    private static final int ROOTS_AT_ONCE = 8;

    private final LooseTotals totals;
    private final UnreservedUse unreserved;

    UnadmittedBalances(LooseTotals totals, UnreservedUse unreserved) {
        this.totals = totals;
        this.unreserved = unreserved;
    }

    /** A use as it is in the ledger now. */
    record Use(AdmissionRecord record, Booked booked) {}

    private record BucketKey(LimitRef limit, BucketRule rule, boolean shadow) {}

    private static final class OfRoot {
        final Map<BucketKey, Long> taken = new HashMap<>();
        final Map<Charge.Budget, ActualCharge> totals = new LinkedHashMap<>();
    }

    /** Where the store cannot be told, it is told the totals later. */
    Uni<Void> charge(List<Use> uses, Instant now) {
        return Multi.createFrom()
                .iterable(byRoot(uses, now).entrySet())
                .onItem()
                .transformToUni(root -> tell(root.getKey(), root.getValue()))
                .merge(ROOTS_AT_ONCE)
                .collect()
                .last()
                .onFailure()
                .invoke(failure -> LOG.debugf("Uses could not be told to the limit store: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private static Map<TenantRoot, OfRoot> byRoot(List<Use> uses, Instant now) {
        var roots = new LinkedHashMap<TenantRoot, OfRoot>();
        for (var use : uses) {
            for (var part : use.record().parts()) {
                var root = roots.computeIfAbsent(part.root(), key -> new OfRoot());
                part.charges().forEach(charge -> add(root, charge, use, now));
            }
        }
        return roots;
    }

    private static void add(OfRoot root, Charge charge, Use use, Instant now) {
        if (charge instanceof Charge.Budget budget) {
            addTotal(root, budget, use.booked());
        } else if (charge instanceof Charge.Rate rate && use.booked().first() && stillCounts(rate, use, now)) {
            root.taken.merge(
                    new BucketKey(rate.limit(), rate.rule(), rate.shadow()),
                    ActualUse.amount(rate, use.booked()),
                    Long::sum);
        }
    }

    /** Also of a repeated use: the call that booked it may have died before it could tell. Of several totals of a window the last is the highest. */
    private static void addTotal(OfRoot root, Charge.Budget budget, Booked booked) {
        if (booked.totalOf(budget) != null) {
            var window = new Charge.Budget(budget.limit(), 0, Charge.UNLIMITED, Charge.UNLIMITED, budget.window());
            root.totals.put(window, new ActualCharge(window, 0, booked.totalOf(budget)));
        }
    }

    private static boolean stillCounts(Charge.Rate rate, Use use, Instant now) {
        long windowMillis = rate.rule().windowTicks() * rate.rule().tickMicros() / 1_000;
        return Duration.between(use.record().id().admittedAt(), now).toMillis() < windowMillis;
    }

    private Uni<Void> tell(TenantRoot root, OfRoot told) {
        var taken = new ArrayList<Charge.Rate>();
        told.taken.forEach((key, amount) -> taken.add(new Charge.Rate(key.limit(), amount, key.rule(), key.shadow())));
        return totals.tell(root, List.copyOf(told.totals.values())).chain(() -> unreserved.take(root, taken));
    }
}
