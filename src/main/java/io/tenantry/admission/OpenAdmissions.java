package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.OpenHold;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The admissions that wait for their settlement. This instance's own are kept in memory: settling them needs no look-up, and when Redis has
 * lost its data their holds can be put back. Others are read from Redis.
 */
@ApplicationScoped
public class OpenAdmissions {

    private static final int AT_ONCE = 16;

    private final LimitStore store;
    private final Cache<String, Open> own;

    private record Open(AdmissionRecord record, Instant expiresAt) {}

    private record Place(TenantRoot root, LimitRef limit, BudgetPeriod.Window window) {}

    OpenAdmissions(LimitStore store, LiveInstances instances, AdmissionConfig config) {
        this.store = store;
        this.own = Caffeine.newBuilder()
                .maximumSize(config.rememberedAdmissions())
                .expireAfterWrite(config.lease())
                .build();
        instances.onLoss(this::putHoldsBack);
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

    /** Walks all open admissions: only for when Redis has lost its data. */
    private Uni<Void> putHoldsBack() {
        var holds = new HashMap<Place, List<OpenHold>>();
        var now = Instant.now();
        for (var open : own.asMap().values()) {
            if (open.expiresAt().isAfter(now)) {
                collect(open, open.record().id().root(), open.record().charges(), holds);
                collect(open, open.record().userRoot(), open.record().userCharges(), holds);
            }
        }
        return Multi.createFrom()
                .iterable(holds.entrySet())
                .onItem()
                .transformToUni(place -> putBack(place.getKey(), place.getValue()))
                .merge(AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> putBack(Place place, List<OpenHold> holds) {
        var window = new Charge.Money(place.limit(), 0, Charge.UNLIMITED, Charge.UNLIMITED, place.window());
        return store.restore(place.root(), window, holds);
    }

    private static void collect(Open open, TenantRoot root, List<Charge> charges, Map<Place, List<OpenHold>> holds) {
        for (var charge : charges) {
            if (charge instanceof Charge.Money money && money.amount() > 0) {
                holds.computeIfAbsent(new Place(root, money.limit(), money.window()), place -> new ArrayList<>())
                        .add(new OpenHold(open.record().id().holdId(), money.amount(), open.expiresAt()));
            }
        }
    }
}
