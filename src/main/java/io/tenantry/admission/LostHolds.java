package io.tenantry.admission;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.OpenReservation;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Puts the holds of this instance's open admissions back when Redis has lost them. Admissions go on meanwhile: what is admitted, renewed, settled or
 * released while holds are put back may have been told to Redis before the loss, or before its hold was there. So each is looked at again afterwards.
 * ({@code docs/decisions/0006-holds-after-a-flush.md})
 */
final class LostHolds {

    private static final int AT_ONCE = 16;
    private static final int LOOKED_UP_AT_ONCE = 500;

    private final RecentAdmissions own;
    private final LimitStore store;
    private final SettledAdmissions settled;
    private final Duration lease;
    private final Duration memory;
    private volatile Instant lastLoss = Instant.MIN;

    LostHolds(RecentAdmissions own, LimitStore store, SettledAdmissions settled, Duration lease, Duration memory) {
        this.own = own;
        this.store = store;
        this.settled = settled;
        this.lease = lease;
        this.memory = memory;
    }

    /** Whether Redis may have lost what it was told since then, and whoever was told to put holds back did not see it. */
    boolean mayHaveLost(Instant since) {
        return !since.isAfter(lastLoss);
    }

    /** Walks all open admissions: only for when Redis has lost data of these roots. */
    Uni<Void> putBack(Predicate<TenantRoot> roots) {
        var now = Instant.now();
        lastLoss = now; // first: whatever is remembered later sees it
        return Uni.createFrom()
                .deferred(() -> putBack(own.watchAll(open -> open.isOpenAt(now) && open.isUnder(roots)), roots));
    }

    /** One that the walk may have missed. What is there stays as it is. */
    Uni<Void> putBack(AdmissionId id) {
        return Uni.createFrom().deferred(() -> {
            var open = own.watch(id.text());
            return open == null ? Uni.createFrom().voidItem() : putBack(Map.of(id.text(), open), root -> true);
        });
    }

    private Uni<Void> putBack(Map<String, OpenAdmission> watched, Predicate<TenantRoot> roots) {
        var open = new HashMap<AdmissionId, OpenAdmission>();
        watched.forEach((id, admission) -> open.put(AdmissionId.parse(id).orElseThrow(), admission));
        return forgetSettled(open)
                .chain(() -> putAllBack(open, roots))
                .onTermination()
                .invoke(() -> own.unwatch(watched.keySet()));
    }

    /** What another instance has settled holds nothing any more. Without the database all are put back: too much is held then rather than too little. */
    private Uni<Void> forgetSettled(Map<AdmissionId, OpenAdmission> open) {
        return Multi.createFrom()
                .iterable(open.keySet())
                .group()
                .intoLists()
                .of(LOOKED_UP_AT_ONCE)
                .onItem()
                .transformToUniAndConcatenate(settled::among)
                .invoke(ended -> ended.forEach(this::forget))
                .collect()
                .last()
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    private void forget(AdmissionId id) {
        own.end(id.text(), OpenAdmission.End.SETTLED);
    }

    private Uni<Void> putAllBack(Map<AdmissionId, OpenAdmission> open, Predicate<TenantRoot> roots) {
        return Multi.createFrom()
                .iterable(open.entrySet())
                .onItem()
                .transformToUni(entry -> putBack(entry.getKey(), entry.getValue(), roots))
                .merge(AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> putBack(AdmissionId id, OpenAdmission open, Predicate<TenantRoot> roots) {
        var record = open.record(id);
        return Multi.createFrom()
                .iterable(record.parts())
                .filter(part -> roots.test(part.root()) && !open.hasEnded())
                .onItem()
                .transformToUniAndConcatenate(part -> putBack(record, part, open))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> putBack(AdmissionRecord record, Part part, OpenAdmission open) {
        var expiresAt = open.expiresAt();
        return store.restore(restored(record, part, expiresAt)).chain(() -> followUp(record, part, open, expiresAt));
    }

    /** What happens in the meantime may have told Redis so before it was put back, and then nobody would tell it again. */
    private Uni<Void> followUp(AdmissionRecord record, Part part, OpenAdmission open, Instant restoredUntil) {
        var id = record.id().holdId();
        if (open.howEnded() == OpenAdmission.End.RELEASED) {
            return store.release(part.root(), id, part.charges());
        }
        if (open.hasEnded()) {
            return store.settle(part.root(), id, asReserved(part));
        }
        return open.expiresAt().isAfter(restoredUntil)
                ? store.extend(part.root(), id, part.charges(), lease, memory).replaceWithVoid()
                : Uni.createFrom().voidItem();
    }

    private static List<ActualCharge> asReserved(Part part) {
        return part.charges().stream()
                .map(charge -> new ActualCharge(charge, charge.amount()))
                .toList();
    }

    private OpenReservation restored(AdmissionRecord record, Part part, Instant expiresAt) {
        boolean tenants = part.root().equals(record.id().root());
        return new OpenReservation(
                part.root(),
                record.id().holdId(),
                part.charges(),
                expiresAt,
                memory,
                tenants ? record.payload() : record.stamp());
    }
}
