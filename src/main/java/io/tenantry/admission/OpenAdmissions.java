package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.OpenHold;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The admissions that wait for their settlement. This instance's own are kept in memory: settling them needs no look-up, and when Redis has
 * lost its data their holds can be put back. Others are read from Redis.
 */
@ApplicationScoped
public class OpenAdmissions {

    private final LimitStore store;
    private final Cache<String, Open> own;

    private record Open(AdmissionRecord record, Instant expiresAt) {}

    OpenAdmissions(LimitStore store, AdmissionConfig config) {
        this.store = store;
        this.own = Caffeine.newBuilder()
                .maximumSize(config.rememberedAdmissions())
                .expireAfterWrite(config.lease())
                .build();
    }

    void remember(AdmissionRecord record, Instant expiresAt) {
        own.put(record.id().text(), new Open(record, expiresAt));
    }

    /** Call it when an admission has ended: its hold must not be put back any more. */
    public void forget(AdmissionId id) {
        own.invalidate(id.text());
    }

    /** What was admitted under this id; empty when nobody remembers. Without Redis only this instance's own are found. */
    public Uni<Optional<AdmissionRecord>> find(AdmissionId id) {
        var mine = own.getIfPresent(id.text());
        if (mine != null) {
            return Uni.createFrom().item(Optional.of(mine.record()));
        }
        return store.payloadOf(id.root(), id.holdId())
                .map(payload -> Optional.ofNullable(payload).map(AdmissionRecord::ofPayload))
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    /** This instance's live holds on a budget's window. Walks all open admissions: only for when Redis has lost its data. */
    List<OpenHold> holdsOn(Charge.Money budget) {
        var now = Instant.now();
        var holds = new ArrayList<OpenHold>();
        for (var open : own.asMap().values()) {
            if (open.expiresAt().isAfter(now)) {
                open.record().allCharges().stream()
                        .filter(charge -> isOn(budget, charge))
                        .forEach(charge -> holds.add(
                                new OpenHold(open.record().id().holdId(), charge.amount(), open.expiresAt())));
            }
        }
        return holds;
    }

    private static boolean isOn(Charge.Money budget, Charge charge) {
        return charge instanceof Charge.Money money
                && money.amount() > 0
                && money.limit().equals(budget.limit())
                && money.window().equals(budget.window());
    }
}
