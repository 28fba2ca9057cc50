package io.tenantry.admission;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.ActualCharge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.OpenReservation;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The admissions that wait for their settlement. This instance's own are kept in memory: settling them needs no look-up, and when Redis has
 * lost its data their holds can be put back. Others are read from Redis.
 */
@ApplicationScoped
public class OpenAdmissions {

    private static final int AT_ONCE = 16;
    private static final int LOOKED_UP_AT_ONCE = 500;

    private final LimitStore store;
    private final SettledAdmissions settled;
    private final AdmissionConfig config;
    private final OpenAdmission.Kinds kinds = new OpenAdmission.Kinds();
    private final RecentAdmissions own;

    OpenAdmissions(LimitStore store, SettledAdmissions settled, LiveInstances instances, AdmissionConfig config) {
        this.store = store;
        this.settled = settled;
        this.config = config;
        this.own = new RecentAdmissions(config.rememberedAdmissions(), config.lease(), System::nanoTime);
        instances.onLoss(this::putHoldsBack, config.lease());
    }

    void remember(AdmissionRecord record, Instant expiresAt) {
        own.put(record.id().text(), kinds.remember(record, expiresAt));
    }

    /** Call it when an admission has ended: its hold must not be put back any more. */
    public void forget(AdmissionId id) {
        own.end(id.text());
    }

    /** What was admitted under this id; empty when nobody remembers. Without Redis only this instance's own are found. */
    public Uni<Optional<AdmissionRecord>> find(AdmissionId id) {
        var mine = own.find(id.text());
        if (mine != null) {
            return Uni.createFrom().item(Optional.of(mine.record(id)));
        }
        return store.payloadOf(id.root(), id.holdId())
                .map(payload -> Optional.ofNullable(payload).map(AdmissionRecord::ofPayload))
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    /** Renews the lease of an open admission. Empty when it has ended or nobody remembers it; fails with StoreUnavailable. */
    Uni<Optional<Instant>> extend(AdmissionId id) {
        return find(id).flatMap(found ->
                found.map(this::extend).orElseGet(() -> Uni.createFrom().item(Optional.empty())));
    }

    private Uni<Optional<Instant>> extend(AdmissionRecord record) {
        return Multi.createFrom()
                .iterable(record.parts())
                .onItem()
                .transformToUniAndConcatenate(part -> store.extend(
                        part.root(), record.id().holdId(), part.charges(), config.lease(), config.memory()))
                .collect()
                .last()
                .invoke(ends -> ends.ifPresent(end -> own.renew(record.id().text(), end)));
    }

    /** Walks all open admissions: only for when Redis has lost data. */
    private Uni<Void> putHoldsBack(Predicate<TenantRoot> lost) {
        return forgetSettled().chain(() -> putOwnBack(lost));
    }

    /** What another instance has settled holds nothing any more. Without the database all are put back: too much is held then rather than too little. */
    private Uni<Void> forgetSettled() {
        return Multi.createFrom()
                .iterable(own.all())
                .map(open -> AdmissionId.parse(open.getKey()).orElseThrow())
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

    private Uni<Void> putOwnBack(Predicate<TenantRoot> lost) {
        var now = Instant.now();
        return Multi.createFrom()
                .iterable(own.all())
                .filter(open -> open.getValue().expiresAt().isAfter(now))
                .onItem()
                .transformToUni(open -> putBack(AdmissionId.parse(open.getKey()).orElseThrow(), open.getValue(), lost))
                .merge(AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> putBack(AdmissionId id, OpenAdmission open, Predicate<TenantRoot> lost) {
        var record = open.record(id);
        return Multi.createFrom()
                .iterable(record.parts())
                .filter(part -> lost.test(part.root()) && !open.hasEnded())
                .onItem()
                .transformToUniAndConcatenate(part -> putBack(record, part, open))
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** What ends in the meantime may have told Redis so before it was put back, and then nobody would end it again. */
    private Uni<Void> putBack(AdmissionRecord record, AdmissionRecord.Part part, OpenAdmission open) {
        return store.restore(restored(record, part, open.expiresAt()))
                .chain(() -> open.hasEnded()
                        ? store.settle(part.root(), record.id().holdId(), asReserved(part))
                        : Uni.createFrom().voidItem());
    }

    private static List<ActualCharge> asReserved(AdmissionRecord.Part part) {
        return part.charges().stream()
                .map(charge -> new ActualCharge(charge, charge.amount()))
                .toList();
    }

    private OpenReservation restored(AdmissionRecord record, AdmissionRecord.Part part, Instant expiresAt) {
        boolean tenants = part.root().equals(record.id().root());
        return new OpenReservation(
                part.root(),
                record.id().holdId(),
                part.charges(),
                expiresAt,
                config.memory(),
                tenants ? record.payload() : Buffer.buffer());
    }
}
