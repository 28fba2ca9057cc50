package io.tenantry.limits.engine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.LocalTenant.Held;
import io.tenantry.limits.engine.LocalTenant.Remembered;
import io.tenantry.limits.engine.LocalTenant.State;
import io.tenantry.limits.engine.LocalTenant.VersionKey;
import io.tenantry.limits.engine.LocalTenant.WindowKey;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Limits kept in this process: what an instance falls back to while Redis is away, and the model that Redis' scripts are tested against.
 * Passes the same contract suite. One lock per tenant root; nothing waits while holding it.
 */
public final class InMemoryLimitStore implements LimitStore {

    private static final Duration IDLE = Duration.ofHours(2);
    private static final int MOST_RESERVATIONS = 100_000;

    private final LongSupplier clockMicros;
    private final Cache<TenantRoot, LocalTenant> tenants;

    /** @param clockMicros microseconds since the epoch */
    public InMemoryLimitStore(LongSupplier clockMicros, int mostTenants) {
        this.clockMicros = clockMicros;
        this.tenants = Caffeine.newBuilder()
                .maximumSize(mostTenants)
                .expireAfterAccess(IDLE)
                .scheduler(Scheduler.systemScheduler())
                .build();
    }

    @Override
    public Uni<ReserveResult> reserve(Reservation reservation) {
        return step(reservation.root(), tenant -> reserve(tenant, reservation, clockMicros.getAsLong()));
    }

    private ReserveResult reserve(LocalTenant tenant, Reservation reservation, long now) {
        if (!current(tenant, reservation.versions())) {
            return new ReserveResult.Stale();
        }
        var before = remembered(tenant, reservation.id(), now);
        if (before != null && !before.mayComeBack(now)) {
            return before.asRepeated();
        }
        var found = look(tenant, reservation, now);
        if (!(found instanceof ReserveResult.Looked looked)) {
            return found;
        }
        return looked.standings().stream().anyMatch(Standing::refuses)
                ? new ReserveResult.Short(looked.standings())
                : take(tenant, reservation, looked.standings(), now);
    }

    @Override
    public Uni<ReserveResult> look(Reservation reservation) {
        return step(reservation.root(), tenant -> look(tenant, reservation, clockMicros.getAsLong()));
    }

    private static ReserveResult look(LocalTenant tenant, Reservation reservation, long now) {
        if (!current(tenant, reservation.versions())) {
            return new ReserveResult.Stale();
        }
        var missing = LocalStandings.missingTotals(tenant, reservation.charges(), now);
        if (!missing.isEmpty()) {
            return new ReserveResult.TotalsMissing(missing, now);
        }
        return new ReserveResult.Looked(reservation.charges().stream()
                .map(charge -> LocalStandings.standing(tenant, charge, now))
                .toList());
    }

    private ReserveResult take(LocalTenant tenant, Reservation reservation, List<Standing> before, long now) {
        long ends = Leases.endMicros(now, reservation.lease());
        var standings = before.stream()
                .map(standing -> LocalStandings.taken(tenant, reservation.id(), standing, now, ends))
                .toList();
        var expiresAt = RedisLimitStore.instantOfMicros(ends);
        long forgotten = ends + reservation.memory().toNanos() / 1_000;
        remember(
                tenant,
                reservation.id(),
                new Remembered(expiresAt, ReserveAnswer.figures(standings), reservation.payload(), forgotten));
        return new ReserveResult.Taken(expiresAt, standings);
    }

    private static void remember(LocalTenant tenant, String id, Remembered reservation) {
        tenant.reservations.put(id, reservation);
        if (tenant.reservations.size() > MOST_RESERVATIONS) {
            var oldest = tenant.reservations.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    private static Remembered remembered(LocalTenant tenant, String id, long now) {
        var found = tenant.reservations.get(id);
        if (found != null && found.forgottenAtMicros <= now) {
            tenant.reservations.remove(id);
            return null;
        }
        return found;
    }

    private static boolean current(LocalTenant tenant, List<ObjectVersion> versions) {
        return versions.stream().allMatch(version -> Long.valueOf(version.version())
                .equals(tenant.versions.get(new VersionKey(version.kind(), version.id()))));
    }

    private static Bucket ending(LocalTenant tenant, Charge.Rate rate, long now) {
        var known = tenant.buckets.get(rate.limit());
        return known == null ? Bucket.full(rate.rule(), now) : known.endingAt(rate.rule(), now);
    }

    @Override
    public Uni<Boolean> isCurrent(TenantRoot root, List<ObjectVersion> versions) {
        return step(root, tenant -> current(tenant, versions));
    }

    @Override
    public Uni<Long> versionOf(TenantRoot root, ResourceKind kind, String id) {
        return step(root, tenant -> tenant.versions.get(new VersionKey(kind, id)));
    }

    @Override
    public Uni<Void> publish(TenantRoot root, List<ObjectVersion> versions) {
        return step(root, tenant -> {
            versions.forEach(version ->
                    tenant.versions.merge(new VersionKey(version.kind(), version.id()), version.version(), Math::max));
            return null;
        });
    }

    @Override
    public Uni<Void> load(TenantRoot root, Charge.Budget budget, SettledTotal total, long asOfMicros) {
        return step(root, tenant -> {
            var window = tenant.window(budget);
            window.dropEnded(asOfMicros);
            window.total = window.total.orLater(total);
            window.known = true;
            window.version = Math.max(window.version, budget.version());
            return null;
        });
    }

    @Override
    public Uni<Void> restore(OpenReservation open) {
        return step(open.root(), tenant -> restore(tenant, open, clockMicros.getAsLong()));
    }

    private static Void restore(LocalTenant tenant, OpenReservation open, long now) {
        long ends = RedisLimitStore.micros(open.expiresAt());
        var known = remembered(tenant, open.id(), now);
        if (ends <= now || known != null && !known.isOpenBefore(open.expiresAt())) {
            return null;
        }
        open.charges().forEach(charge -> extend(tenant, open.id(), charge, ends));
        long forgotten = ends + open.memory().toNanos() / 1_000;
        if (known == null) {
            remember(tenant, open.id(), new Remembered(open.expiresAt(), List.of(), open.payload(), forgotten));
        } else {
            known.expiresAt = open.expiresAt();
            known.forgottenAtMicros = forgotten;
        }
        return null;
    }

    @Override
    public Uni<Optional<Instant>> extend(
            TenantRoot root, String reservationId, List<Charge> charges, Duration lease, Duration memory) {
        return step(root, tenant -> {
            long now = clockMicros.getAsLong();
            var open = remembered(tenant, reservationId, now);
            if (open == null || open.state != State.OPEN || RedisLimitStore.micros(open.expiresAt) <= now) {
                return Optional.empty();
            }
            long ends = Math.max(RedisLimitStore.micros(open.expiresAt), Leases.endMicros(now, lease));
            charges.forEach(charge -> extend(tenant, reservationId, charge, ends));
            open.expiresAt = RedisLimitStore.instantOfMicros(ends);
            open.forgottenAtMicros = ends + memory.toNanos() / 1_000;
            return Optional.of(open.expiresAt);
        });
    }

    private static void extend(LocalTenant tenant, String id, Charge charge, long ends) {
        if (charge instanceof Charge.Slot slot) {
            tenant.slots.computeIfAbsent(slot.limit(), limit -> new HashMap<>()).put(id, ends);
        } else if (charge instanceof Charge.Budget budget && budget.amount() > 0) {
            tenant.window(budget).holds.put(id, new Held(budget.amount(), ends));
        }
    }

    @Override
    public Uni<Void> settle(TenantRoot root, String reservationId, List<ActualCharge> used) {
        return step(root, tenant -> finish(tenant, reservationId, used, State.SETTLED));
    }

    @Override
    public Uni<Void> release(TenantRoot root, String reservationId, List<Charge> charges) {
        return step(root, tenant -> release(tenant, reservationId, charges));
    }

    @Override
    public Uni<Void> undo(TenantRoot root, String reservationId, List<Charge> charges, Attempts attempts) {
        return step(root, tenant -> {
            var taken = remembered(tenant, reservationId, clockMicros.getAsLong());
            return taken != null && attempts.include(taken.payload) ? release(tenant, reservationId, charges) : null;
        });
    }

    private Void release(LocalTenant tenant, String id, List<Charge> charges) {
        var nothingUsed =
                charges.stream().map(charge -> new ActualCharge(charge, 0)).toList();
        return finish(tenant, id, nothingUsed, State.RELEASED);
    }

    private Void finish(LocalTenant tenant, String id, List<ActualCharge> used, State end) {
        long now = clockMicros.getAsLong();
        var reservation = remembered(tenant, id, now);
        boolean open = reservation != null && reservation.state == State.OPEN;
        for (int i = 0; i < used.size(); i++) {
            var use = used.get(i);
            if (use.reserved() instanceof Charge.Rate rate) {
                if (open
                        && reservation.corrects(i, use)
                        && rate.rule().capacity() > 0
                        && !reservation.tookNothing(i, rate)) {
                    var bucket = ending(tenant, rate, now);
                    tenant.buckets.put(rate.limit(), bucket.minus(bucket.rule(), use.correction()));
                }
            } else if (use.reserved() instanceof Charge.Slot slot && open) {
                tenant.slots.getOrDefault(slot.limit(), new HashMap<>()).remove(id);
            } else if (use.reserved() instanceof Charge.Budget budget) {
                finish(tenant, id, budget, use.total(), open);
            }
        }
        if (open) {
            reservation.state = end;
        }
        return null;
    }

    /** A total is kept also where the window is unknown: somebody may be about to load an older one. */
    private static void finish(LocalTenant tenant, String id, Charge.Budget budget, SettledTotal total, boolean open) {
        var window = total == null ? tenant.windows.get(WindowKey.of(budget)) : tenant.window(budget);
        if (window == null) {
            return;
        }
        if (open) {
            window.holds.remove(id);
        }
        if (total != null) {
            window.total = window.total.orLater(total);
        }
    }

    @Override
    public Uni<ReserveResult.Repeated> remembered(TenantRoot root, String reservationId) {
        return step(root, tenant -> {
            var found = remembered(tenant, reservationId, clockMicros.getAsLong());
            return found == null ? null : found.asRepeated();
        });
    }

    @Override
    public Uni<Buffer> payloadOf(TenantRoot root, String reservationId) {
        return step(root, tenant -> {
            var found = remembered(tenant, reservationId, clockMicros.getAsLong());
            return found == null ? null : found.payload;
        });
    }

    /** Forgets everything, as an emptied Redis does. */
    public void clear() {
        tenants.invalidateAll();
    }

    private interface Step<T> {
        T on(LocalTenant tenant);
    }

    private <T> Uni<T> step(TenantRoot root, Step<T> step) {
        return Uni.createFrom().item(() -> {
            var tenant = tenants.get(root, key -> new LocalTenant());
            synchronized (tenant) {
                return step.on(tenant);
            }
        });
    }
}
