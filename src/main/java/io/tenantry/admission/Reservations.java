package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.Reservation;
import io.tenantry.limits.engine.ReserveResult;
import io.tenantry.limits.engine.ReserveResult.Repeated;
import io.tenantry.limits.engine.ReserveResult.Taken;
import io.tenantry.limits.engine.ReserveResult.TotalsMissing;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * Takes what an admission needs. Everything under the tenant's root is one atomic step. A user's own limits may live under another root; then
 * they are taken first and given back when the tenant's step does not succeed.
 */
@ApplicationScoped
class Reservations {

    private static final int MOST_LOADS = 3;

    private final LimitStore store;
    private final SettledTotals totals;
    private final LiveInstances instances;
    private final AdmissionConfig config;

    Reservations(LimitStore store, SettledTotals totals, LiveInstances instances, AdmissionConfig config) {
        this.store = store;
        this.totals = totals;
        this.instances = instances;
        this.config = config;
    }

    Uni<ReserveResult> reserve(AdmissionRecord record, Policy policy) {
        var tenants = reservation(record, policy);
        if (record.userRoot() == null) {
            return take(tenants, MOST_LOADS);
        }
        return take(usersOwn(record), MOST_LOADS)
                .flatMap(own -> isTaken(own) ? takeAlso(tenants, record, own) : result(own));
    }

    /** What the store says of a reservation against any store, such as a local one that has no versions and no ledger behind it. */
    Reservation reservation(AdmissionRecord record, Policy policy) {
        return new Reservation(
                policy.root(),
                record.id().holdId(),
                policy.versions(),
                record.charges(),
                config.lease(),
                config.memory(),
                record.payload());
    }

    private Reservation usersOwn(AdmissionRecord record) {
        return new Reservation(
                record.userRoot(),
                record.id().holdId(),
                List.of(),
                record.userCharges(),
                config.lease(),
                config.memory(),
                "");
    }

    private Uni<ReserveResult> takeAlso(Reservation tenants, AdmissionRecord record, ReserveResult own) {
        return take(tenants, MOST_LOADS)
                .call(result -> isTaken(result) || own instanceof Repeated ? done() : giveBack(record))
                .onFailure()
                .call(failure -> giveBack(record));
    }

    private Uni<Void> giveBack(AdmissionRecord record) {
        return store.release(record.userRoot(), record.id().holdId(), record.userCharges())
                .onFailure()
                .recoverWithNull(); // the lease ends it
    }

    private static boolean isTaken(ReserveResult result) {
        return result instanceof Taken || result instanceof Repeated;
    }

    private Uni<ReserveResult> take(Reservation reservation, int loadsLeft) {
        return store.reserve(reservation)
                .flatMap(result -> result instanceof TotalsMissing missing && loadsLeft > 0
                        ? load(reservation.root(), missing.budgets()).chain(() -> take(reservation, loadsLeft - 1))
                        : result(result));
    }

    /** A missing total may mean that Redis has lost its data, and with it the holds of other instances: they come first. */
    private Uni<Void> load(TenantRoot root, List<Charge.Money> budgets) {
        return instances
                .isWhole()
                .onFailure()
                .transform(failure -> new StoreUnavailable(failure.getMessage()))
                .invoke(Reservations::requireWhole)
                .chain(() -> Uni.join()
                        .all(budgets.stream().map(budget -> load(root, budget)).toList())
                        .andFailFast())
                .replaceWithVoid();
    }

    private static void requireWhole(boolean whole) {
        if (!whole) {
            throw new StoreUnavailable("Redis has lost its data; another instance has not put its holds back yet");
        }
    }

    private Uni<Void> load(TenantRoot root, Charge.Money budget) {
        return totals.of(budget).flatMap(total -> store.load(root, budget, total));
    }

    private static Uni<ReserveResult> result(ReserveResult result) {
        return Uni.createFrom().item(result);
    }

    private static Uni<Void> done() {
        return Uni.createFrom().voidItem();
    }
}
