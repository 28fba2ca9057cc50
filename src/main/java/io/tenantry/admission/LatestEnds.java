package io.tenantry.admission;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionRecord.Part;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The ends of admissions that Redis was told last. A server that was killed, or a replica that took its place, may lack the last second of what was told:
 * what ended then is open there again, and would keep slots and money from others until its lease ends. So these are told again. Bounded: where more than
 * {@link #MOST} ended in that second, the earliest are left to their lease.
 */
@ApplicationScoped
public class LatestEnds {

    static final int MOST = 8_192;

    private static final int AT_ONCE = 32;

    private final LimitStore store;
    private final SettledTotals totals;
    private final AtomicReferenceArray<End> ends = new AtomicReferenceArray<>(MOST);
    private final AtomicLong next = new AtomicLong();

    private record End(String id, boolean settled) {}

    LatestEnds(LimitStore store, SettledTotals totals) {
        this.store = store;
        this.totals = totals;
    }

    /** Redis was told that the admission's use is in the ledger. */
    public void settled(AdmissionId id) {
        add(new End(id.text(), true));
    }

    /** Redis was told that there was no use. */
    void released(AdmissionId id) {
        add(new End(id.text(), false));
    }

    private void add(End end) {
        ends.setRelease((int) (next.getAndIncrement() % MOST), end);
    }

    /** Tells them to those roots again, where they are open. What fails is left to the lease. */
    Uni<Void> tellAgain(Predicate<TenantRoot> roots) {
        return Multi.createFrom()
                .iterable(IntStream.range(0, MOST)
                        .mapToObj(ends::getAcquire)
                        .filter(Objects::nonNull)
                        .toList())
                .onItem()
                .transformToUni(end -> tell(end, roots).onFailure().recoverWithNull())
                .merge(AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** Not where the same request has been admitted anew: that is another admission under the same name. */
    private Uni<Void> tell(End end, Predicate<TenantRoot> roots) {
        var id = AdmissionId.parse(end.id()).orElseThrow();
        return store.payloadOf(id.root(), id.holdId())
                .map(payload -> payload == null ? List.<Part>of() : partsOf(AdmissionRecord.ofPayload(payload), end))
                .onItem()
                .transformToMulti(parts -> Multi.createFrom().iterable(parts))
                .filter(part -> roots.test(part.root()))
                .onItem()
                .transformToUniAndConcatenate(part -> tell(id.holdId(), part, end))
                .collect()
                .last()
                .replaceWithVoid();
    }

    private static List<Part> partsOf(AdmissionRecord record, End end) {
        return record.id().text().equals(end.id()) ? record.parts() : List.of();
    }

    private Uni<Void> tell(String holdId, Part part, End end) {
        return store.remembered(part.root(), holdId).flatMap(known -> {
            if (known == null || !known.open()) {
                return Uni.createFrom().voidItem();
            }
            return end.settled() ? settle(holdId, part) : store.release(part.root(), holdId, part.charges());
        });
    }

    /** Rates keep what they took: it has come back before anybody could look. Totals are read, since Redis may have forgotten them too. */
    private Uni<Void> settle(String holdId, Part part) {
        return totals.withTotals(part.charges(), Charge::amount)
                .flatMap(used -> store.settle(part.root(), holdId, used));
    }
}
