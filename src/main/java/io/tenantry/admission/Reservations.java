package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.RepeatedStandings;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Looked;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Short;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.ReserveResult.TotalsMissing;
import io.tenantry.limits.engine.SettledTotal;
import io.tenantry.limits.engine.Standing;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes what an admission needs. Everything under the tenant's root is one atomic step. Limits that tenants share (a user's own, an
 * end user's, a tag's) live under roots of their own; they are taken first and given back when a later step does not succeed.
 */
@ApplicationScoped
class Reservations {

    private static final int MOST_LOADS = 3;
    private static final int MOST_TRIES = 2;

    private final LimitStore store;
    private final SettledTotals totals;
    private final LiveInstances instances;
    private final Untold untold;
    private final AdmissionConfig config;

    Reservations(
            LimitStore store, SettledTotals totals, LiveInstances instances, Untold untold, AdmissionConfig config) {
        this.store = store;
        this.totals = totals;
        this.instances = instances;
        this.untold = untold;
        this.config = config;
    }

    /** What was not answered may be taken all the same, by a Redis that is slow or wakes up: it is undone. */
    Uni<ReserveResult> reserve(AdmissionRecord record, Policy policy) {
        return untold.repeated(record.id())
                .chain(() -> reserve(record, policy, config.memory()))
                .onFailure(StoreUnavailable.class)
                .invoke(away -> untold.abandoned(record));
    }

    /** @param memory how long the reservation is remembered after its lease */
    Uni<ReserveResult> reserve(AdmissionRecord record, Policy policy, Duration memory) {
        return record.elsewhere().isEmpty()
                ? take(reservation(record, policy, memory), MOST_LOADS)
                : takeEverywhere(record, policy, memory, MOST_TRIES);
    }

    private Uni<ReserveResult> takeEverywhere(AdmissionRecord record, Policy policy, Duration memory, int triesLeft) {
        return takeElsewhere(record, policy, memory, 0)
                .flatMap(step -> step.result() instanceof Short shortage && !step.ofTenant()
                        ? everyShortage(record, policy, memory, shortage, triesLeft - 1)
                        : result(toldOnce(step.result(), policy)));
    }

    /**
     * How far taking came.
     *
     * @param ofTenant whether the tenant's limits were asked. They are the last: what they refuse is all that does
     */
    private record Step(ReserveResult result, boolean ofTenant) {}

    private static ReserveResult toldOnce(ReserveResult result, Policy policy) {
        if (result instanceof Taken taken) {
            return new Taken(taken.expiresAt(), policy.moves().toldOnce(taken.standings()));
        }
        return result instanceof Short shortage ? new Short(policy.moves().toldOnce(shortage.standings())) : result;
    }

    /**
     * A limit under a root of its own refuses before the others are asked, and before the policy's versions are compared. So all are looked at then: the
     * refusal names every limit that is short, and none that was changed since the policy was read. What fits by then was taken for a moment by a request
     * that its own tenant refused: it is tried again.
     */
    private Uni<ReserveResult> everyShortage(
            AdmissionRecord record, Policy policy, Duration memory, Short found, int triesLeft) {
        return look(record, policy).flatMap(standings -> {
            if (standings.isEmpty()) {
                return result(new ReserveResult.Stale());
            }
            if (standings.get().stream().anyMatch(Standing::refuses)) {
                return result(new Short(standings.get()));
            }
            return triesLeft == 0 ? result(toldOnce(found, policy)) : takeEverywhere(record, policy, memory, triesLeft);
        });
    }

    /** What the store says of a reservation against any store, such as a local one that has no versions and no ledger behind it. */
    Reservation reservation(AdmissionRecord record, Policy policy) {
        return reservation(record, policy, config.memory());
    }

    private Reservation reservation(AdmissionRecord record, Policy policy, Duration memory) {
        return new Reservation(
                policy.root(),
                record.id().holdId(),
                policy.versions(),
                record.charges(),
                config.lease(),
                memory,
                record.payload());
    }

    /** How everything stands that the reservation would take, the tenant's limits first; takes nothing. Empty when the policy turned out to be outdated. */
    Uni<Optional<List<Standing>>> look(AdmissionRecord record, Policy policy) {
        var looks = new ArrayList<Uni<ReserveResult>>();
        looks.add(look(reservation(record, policy), MOST_LOADS));
        record.elsewhere().forEach(part -> looks.add(look(reservation(record, part, config.memory()), MOST_LOADS)));
        return Uni.join().all(looks).andFailFast().map(results -> standings(results)
                .map(policy.moves()::toldOnce));
    }

    private static Optional<List<Standing>> standings(List<ReserveResult> results) {
        var standings = new ArrayList<Standing>();
        for (var result : results) {
            if (!(result instanceof Looked looked)) {
                return Optional.empty();
            }
            standings.addAll(looked.standings());
        }
        return Optional.of(standings);
    }

    private Uni<ReserveResult> look(Reservation reservation, int loadsLeft) {
        return store.look(reservation)
                .flatMap(result -> result instanceof TotalsMissing missing && loadsLeft > 0
                        ? load(reservation.root(), missing).chain(() -> look(reservation, loadsLeft - 1))
                        : result(result));
    }

    private Uni<Step> takeElsewhere(AdmissionRecord record, Policy policy, Duration memory, int next) {
        if (next == record.elsewhere().size()) {
            return take(reservation(record, policy, memory), MOST_LOADS).map(result -> new Step(result, true));
        }
        var part = record.elsewhere().get(next);
        return take(reservation(record, part, memory), MOST_LOADS)
                .flatMap(own -> isTaken(own)
                        ? takeRest(record, policy, memory, next, own)
                                .map(step -> new Step(together(part, own, step.result()), step.ofTenant()))
                        : Uni.createFrom().item(new Step(own, false)));
    }

    private Reservation reservation(AdmissionRecord record, Part part, Duration memory) {
        return new Reservation(
                part.root(), record.id().holdId(), List.of(), part.charges(), config.lease(), memory, record.stamp());
    }

    private Uni<Step> takeRest(AdmissionRecord record, Policy policy, Duration memory, int taken, ReserveResult own) {
        var part = record.elsewhere().get(taken);
        return takeElsewhere(record, policy, memory, taken + 1)
                // also what was found taken: by our own call, whose answer came too late, or by one that is refused
                // just like this one
                .call(step -> isKept(part, own, step.result()) ? done() : giveBack(record, part, own))
                .onFailure()
                .call(failure -> giveBack(record, part, own));
    }

    /** What an earlier call took is kept also where the policy turns out to be outdated: it may be a running request's, and is asked for again. */
    private static boolean isKept(Part part, ReserveResult own, ReserveResult result) {
        return isTaken(result)
                ? belongs(part, own, result)
                : own instanceof Repeated && result instanceof ReserveResult.Stale;
    }

    /** Not when it is taken only now, for a request that was admitted without it: under the same id, and for another customer. */
    private static boolean belongs(Part part, ReserveResult own, ReserveResult result) {
        return !(own instanceof Taken && result instanceof Repeated first)
                || firstPart(first, part.root()).isPresent();
    }

    /** What the request took under this root when it was admitted. */
    private static Optional<Part> firstPart(Repeated first, TenantRoot root) {
        return AdmissionRecord.ofPayload(first.payload()).elsewhere().stream()
                .filter(part -> part.root().equals(root))
                .findFirst();
    }

    /** How all limits stand, wherever they live; of a request that was admitted before, as its first answer said. */
    private static ReserveResult together(Part part, ReserveResult own, ReserveResult result) {
        if (result instanceof Taken taken) {
            var standings = new ArrayList<>(taken.standings());
            standings.addAll(standings(part.charges(), own));
            return new Taken(taken.expiresAt(), List.copyOf(standings));
        }
        return result instanceof Repeated first
                ? firstPart(first, part.root())
                        .map(before -> first.with(standings(before.charges(), own)))
                        .orElse(first)
                : result;
    }

    private static List<Standing> standings(List<Charge> charges, ReserveResult own) {
        return own instanceof Repeated before
                ? RepeatedStandings.of(charges, before.figures())
                : ((Taken) own).standings();
    }

    /** Not what was admitted there by itself, before its tenant moved: it is under way, and ends with that admission. */
    private Uni<Void> giveBack(AdmissionRecord record, Part part, ReserveResult own) {
        if (own instanceof Repeated first && !AdmissionRecord.isStamp(first.payload())) {
            return done();
        }
        return store.release(part.root(), record.id().holdId(), part.charges())
                .onFailure()
                .recoverWithNull(); // the lease ends it
    }

    private static boolean isTaken(ReserveResult result) {
        return result instanceof Taken || result instanceof Repeated;
    }

    private Uni<ReserveResult> take(Reservation reservation, int loadsLeft) {
        return store.reserve(reservation)
                .flatMap(result -> result instanceof TotalsMissing missing && loadsLeft > 0
                        ? load(reservation.root(), missing).chain(() -> take(reservation, loadsLeft - 1))
                        : result(result));
    }

    /** A missing total may mean that Redis has lost its data, and with it the holds of other instances: they come first. */
    private Uni<Void> load(TenantRoot root, TotalsMissing missing) {
        return instances
                .isWhole(root)
                .onFailure()
                .transform(failure -> new StoreUnavailable(failure.getMessage()))
                .invoke(Reservations::requireWhole)
                .chain(() -> read(root, missing));
    }

    /** What was read before a loss was seen may lack what Redis has lost: it is not loaded, and asked for again. */
    private Uni<Void> read(TenantRoot root, TotalsMissing missing) {
        int mark = instances.markOf(root);
        return totals.of(missing.budgets())
                .flatMap(found -> instances.markOf(root) == mark ? load(root, missing, found) : done());
    }

    private static void requireWhole(boolean whole) {
        if (!whole) {
            throw new StoreUnavailable("Redis has lost its data; another instance has not put its holds back yet");
        }
    }

    private Uni<Void> load(TenantRoot root, TotalsMissing missing, List<SettledTotal> found) {
        var loads = new ArrayList<Uni<Void>>();
        for (int i = 0; i < found.size(); i++) {
            loads.add(store.load(root, missing.budgets().get(i), found.get(i), missing.asOfMicros()));
        }
        return Uni.join().all(loads).andFailFast().replaceWithVoid();
    }

    private static Uni<ReserveResult> result(ReserveResult result) {
        return Uni.createFrom().item(result);
    }

    private static Uni<Void> done() {
        return Uni.createFrom().voidItem();
    }
}
