package io.tenantry.admission;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.StoreUnavailable;
import io.tenantry.platform.redis.LiveInstances;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The admissions that wait for their settlement. This instance's own are kept in memory: settling them needs no look-up, and when Redis has
 * lost its data their holds can be put back. Others are read from Redis.
 */
@ApplicationScoped
public class OpenAdmissions {

    private final LimitStore store;
    private final LiveInstances instances;
    private final Untold untold;
    private final ForgottenAdmissions forgotten;
    private final AdmissionConfig config;
    private final OpenAdmission.Kinds kinds = new OpenAdmission.Kinds();
    private final RecentAdmissions own;
    private final LostHolds lost;

    OpenAdmissions(
            LimitStore store,
            SettledAdmissions settled,
            LiveInstances instances,
            Untold untold,
            LatestEnds ends,
            ForgottenAdmissions forgotten,
            AdmissionConfig config) {
        this.store = store;
        this.instances = instances;
        this.untold = untold;
        this.forgotten = forgotten;
        this.config = config;
        this.own = new RecentAdmissions(config.rememberedAdmissions());
        this.lost = new LostHolds(own, store, settled, config.lease(), config.memory());
        instances.onLoss(lost::putBack, config.lease());
        // not before: who renewed an admission that ended here puts it back
        instances.onceWhole(roots -> ends.tellAgain(roots).subscribe().with(told -> {}, failed -> {}));
    }

    void remember(AdmissionRecord record, Instant expiresAt) {
        var id = record.id();
        own.put(id.text(), kinds.remember(record, expiresAt));
        if (lost.mayHaveLost(id.admittedAt())) {
            lost.putBack(id).subscribe().with(done -> {}, away -> untold.lost(id, () -> lost.putBack(id)));
        }
    }

    /** Call it when an admission's use is booked: its hold must not be put back any more. */
    public void settled(AdmissionId id) {
        own.end(id.text(), OpenAdmission.End.SETTLED);
    }

    /** As {@link #settled}, when there was no use. */
    void released(AdmissionId id) {
        own.end(id.text(), OpenAdmission.End.RELEASED);
    }

    /** What was admitted under this id; empty when nobody remembers. Without Redis only this instance's own are found. */
    public Uni<Optional<AdmissionRecord>> find(AdmissionId id) {
        return remembered(id).onFailure().recoverWithItem(Optional.empty());
    }

    /** The same, and fails with StoreUnavailable where only Redis can tell and does not answer. */
    public Uni<Optional<AdmissionRecord>> remembered(AdmissionId id) {
        var mine = own.find(id.text());
        return mine != null ? Uni.createFrom().item(Optional.of(mine.record(id))) : others(id);
    }

    private Uni<Optional<AdmissionRecord>> others(AdmissionId id) {
        return store.payloadOf(id.root(), id.holdId())
                .map(payload -> Optional.ofNullable(payload).map(AdmissionRecord::ofPayload));
    }

    /** Renews the lease of an open admission. Empty when it has ended or nobody remembers it; fails with StoreUnavailable. */
    Uni<Optional<Instant>> extend(AdmissionId id) {
        var mine = own.find(id.text());
        return mine != null
                ? extend(id, mine)
                : extendOthers(id)
                        .flatMap(ends -> ends.isPresent()
                                ? Uni.createFrom().item(ends)
                                : requireWhole(id).chain(() -> extendOthersOrTakeOver(id)));
    }

    private Uni<Optional<Instant>> extendOthers(AdmissionId id) {
        return extendOthers(id, OpenAdmissions::ended);
    }

    private Uni<Optional<Instant>> extendOthersOrTakeOver(AdmissionId id) {
        return extendOthers(id, () -> takeOver(id));
    }

    private Uni<Optional<Instant>> extendOthers(AdmissionId id, Supplier<Uni<Optional<Instant>>> ifUnknown) {
        return others(id).flatMap(found -> found.map(this::extendOthers).orElseGet(ifUnknown));
    }

    /**
     * Redis remembers an admission until its lease would have ended, also one that has ended before. So what began less than a lease ago, and is not there,
     * was admitted without Redis, by another instance: it becomes an ordinary one. It holds the slots that the request would take; rates need no lease, and
     * under a hard budget nothing is admitted without Redis.
     */
    private Uni<Optional<Instant>> takeOver(AdmissionId id) {
        var ends = id.admittedAt().plus(config.lease());
        if (!id.isBookable() || !ends.isAfter(Instant.now())) {
            return ended();
        }
        return forgotten
                .find(id, null)
                .map(found -> found.filter(record -> !DegradedAdmission.hasHardBudget(record)))
                .flatMap(found -> found.map(record -> takeOver(record, ends)).orElseGet(OpenAdmissions::ended));
    }

    private Uni<Optional<Instant>> takeOver(AdmissionRecord record, Instant ends) {
        remember(record, ends);
        return extend(record.id());
    }

    private static Uni<Optional<Instant>> ended() {
        return Uni.createFrom().item(Optional.empty());
    }

    /** From now on this instance remembers it too: the one that admitted it knows of no renewal, and so puts back less, or nothing any more. */
    private Uni<Optional<Instant>> extendOthers(AdmissionRecord record) {
        return extend(record).invoke(ends -> ends.ifPresent(end -> remember(record, end)));
    }

    /** What Redis has just lost it does not know as open, or with the lease that it had: then it is put back first. */
    private Uni<Optional<Instant>> extend(AdmissionId id, OpenAdmission open) {
        var asked = Instant.now();
        return extend(open.record(id))
                .flatMap(ends -> isRenewed(ends, asked) || !isOpenAt(id, asked)
                        ? Uni.createFrom().item(ends)
                        : lost.putBack(id).chain(() -> extend(open.record(id))))
                .invoke(ends -> ends.ifPresent(end -> own.renew(id.text(), end)));
    }

    private boolean isOpenAt(AdmissionId id, Instant asked) {
        var open = own.find(id.text());
        return open != null && open.isOpenAt(asked);
    }

    private boolean isRenewed(Optional<Instant> ends, Instant asked) {
        return ends.isPresent() && !lost.mayHaveLost(asked);
    }

    private Uni<Optional<Instant>> extend(AdmissionRecord record) {
        return Multi.createFrom()
                .iterable(record.parts())
                .onItem()
                .transformToUniAndConcatenate(part -> store.extend(
                        part.root(), record.id().holdId(), part.charges(), config.lease(), config.memory()))
                .collect()
                .last();
    }

    /**
     * Nobody can tell while the instance that admitted it may have yet to put it back. It may have done so just after it was looked for, so look again
     * afterwards.
     */
    private Uni<Void> requireWhole(AdmissionId id) {
        return instances
                .isWhole(id.root())
                .onFailure()
                .transform(failure -> new StoreUnavailable(failure.getMessage()))
                .map(whole -> {
                    if (!whole) {
                        throw new StoreUnavailable("Redis has lost its data; what was open is not put back yet");
                    }
                    return null;
                });
    }
}
