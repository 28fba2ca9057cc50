package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.tenantry.limits.engine.LimitStore;
import io.tenantry.limits.engine.OpenReservation;
import io.tenantry.platform.redis.LiveInstances;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The admissions that wait for their settlement. This instance's own are kept in memory: settling them needs no look-up, and when Redis has
 * lost its data their holds can be put back. Others are read from Redis.
 */
@ApplicationScoped
public class OpenAdmissions {

    private static final int AT_ONCE = 16;

    private final LimitStore store;
    private final AdmissionConfig config;
    private final Cache<String, Open> own;

    private record Open(AdmissionRecord record, Instant expiresAt) {}

    OpenAdmissions(LimitStore store, LiveInstances instances, AdmissionConfig config) {
        this.store = store;
        this.config = config;
        this.own = Caffeine.newBuilder()
                // its upkeep is less work than waking a thread of the common pool for it
                .executor(Runnable::run)
                .maximumSize(config.rememberedAdmissions())
                .expireAfterWrite(config.lease())
                .build();
        instances.onLoss(this::putHoldsBack, config.lease());
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
                .invoke(ends -> ends.filter(end -> own.getIfPresent(record.id().text()) != null)
                        .ifPresent(end -> remember(record, end)));
    }

    /** Walks all open admissions: only for when Redis has lost data. */
    private Uni<Void> putHoldsBack(Predicate<TenantRoot> lost) {
        var now = Instant.now();
        return Multi.createFrom()
                .iterable(own.asMap().values())
                .filter(open -> open.expiresAt().isAfter(now))
                .onItem()
                .transformToUni(open -> putBack(open, lost))
                .merge(AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }

    private Uni<Void> putBack(Open open, Predicate<TenantRoot> lost) {
        var parts = open.record().parts().stream()
                .filter(part -> lost.test(part.root()))
                .map(part -> store.restore(restored(open, part)))
                .toList();
        return parts.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.join().all(parts).andFailFast().replaceWithVoid();
    }

    private OpenReservation restored(Open open, AdmissionRecord.Part part) {
        var record = open.record();
        boolean tenants = part.root().equals(record.id().root());
        return new OpenReservation(
                part.root(),
                record.id().holdId(),
                part.charges(),
                open.expiresAt(),
                config.memory(),
                tenants ? record.payload() : Buffer.buffer());
    }
}
