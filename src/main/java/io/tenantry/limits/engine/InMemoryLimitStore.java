package io.tenantry.limits.engine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Limits kept in this process: what an instance falls back to while Redis is away, and the model that Redis' scripts are tested against.
 * Passes the same contract suite. One lock per tenant root; nothing waits while holding it.
 */
public final class InMemoryLimitStore implements LimitStore {

    private static final Duration IDLE = Duration.ofHours(2);
    private static final int MOST_RESERVATIONS = 100_000;

    private final LongSupplier clockMicros;
    private final Cache<TenantRoot, Tenant> tenants;

    /** @param clockMicros microseconds since the epoch */
    public InMemoryLimitStore(LongSupplier clockMicros, int mostTenants) {
        this.clockMicros = clockMicros;
        this.tenants = Caffeine.newBuilder()
                .maximumSize(mostTenants)
                .expireAfterAccess(IDLE)
                .scheduler(Scheduler.systemScheduler())
                .build();
    }

    private enum State {
        OPEN,
        ENDED
    }

    private static final class Remembered {
        State state = State.OPEN;
        final Instant expiresAt;
        final List<Long> figures;
        final String payload;
        final long forgottenAtMicros;

        Remembered(Instant expiresAt, List<Long> figures, String payload, long forgottenAtMicros) {
            this.expiresAt = expiresAt;
            this.figures = figures;
            this.payload = payload;
            this.forgottenAtMicros = forgottenAtMicros;
        }
    }

    /** Everything of one root. Guarded by its own monitor. */
    private static final class Tenant {
        final Map<VersionKey, Long> versions = new HashMap<>();
        final Map<LimitRef, Bucket> buckets = new HashMap<>();
        final Map<LimitRef, Map<String, Long>> slots = new HashMap<>();
        final Map<WindowKey, Window> windows = new HashMap<>();
        final LinkedHashMap<String, Remembered> reservations = new LinkedHashMap<>();
    }

    private record VersionKey(ResourceKind kind, String id) {}

    private record WindowKey(LimitRef limit, String period, Instant start) {
        static WindowKey of(Charge.Money budget) {
            return new WindowKey(
                    budget.limit(), budget.window().period(), budget.window().start());
        }
    }

    private record Held(long amount, long endsMicros) {}

    private static final class Window {

        private static final long UNKNOWN = -1;

        long settled = UNKNOWN;
        final Map<String, Held> holds = new HashMap<>();

        boolean dropEnded(long now) {
            return holds.values().removeIf(hold -> hold.endsMicros() <= now);
        }

        long held() {
            return holds.values().stream().mapToLong(Held::amount).sum();
        }
    }

    @Override
    public Uni<ReserveResult> reserve(Reservation reservation) {
        return step(reservation.root(), tenant -> reserve(tenant, reservation, clockMicros.getAsLong()));
    }

    private ReserveResult reserve(Tenant tenant, Reservation reservation, long now) {
        var before = remembered(tenant, reservation.id(), now);
        if (before != null) {
            return new ReserveResult.Repeated(before.expiresAt, before.figures, before.payload);
        }
        if (!current(tenant, reservation.versions())) {
            return new ReserveResult.Stale();
        }
        var missing = missingTotals(tenant, reservation.charges(), now);
        if (!missing.isEmpty()) {
            return new ReserveResult.TotalsMissing(missing);
        }
        var shortages = reservation.charges().stream()
                .map(charge -> shortage(tenant, charge, now))
                .filter(standing -> standing != null)
                .toList();
        return shortages.isEmpty() ? take(tenant, reservation, now) : new ReserveResult.Short(shortages);
    }

    private ReserveResult take(Tenant tenant, Reservation reservation, long now) {
        long ends = now + reservation.lease().toNanos() / 1_000;
        var standings = reservation.charges().stream()
                .map(charge -> taken(tenant, reservation.id(), charge, now, ends))
                .toList();
        var expiresAt = RedisLimitStore.instantOfMicros(ends);
        long forgotten = ends + reservation.memory().toNanos() / 1_000;
        tenant.reservations.put(
                reservation.id(),
                new Remembered(expiresAt, figures(reservation.charges(), standings), reservation.payload(), forgotten));
        if (tenant.reservations.size() > MOST_RESERVATIONS) {
            var oldest = tenant.reservations.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        return new ReserveResult.Taken(expiresAt, standings);
    }

    private static List<Long> figures(List<Charge> charges, List<Standing> standings) {
        var groups = new ChargeGroups(charges);
        var figures = new ArrayList<Long>();
        for (int i = 0; i < groups.size(); i++) {
            var standing = standings.get(groups.given(i));
            if (standing.charge() instanceof Charge.Money) {
                figures.add(standing.used());
                figures.add(standing.held());
            } else {
                figures.add(standing.remaining());
                figures.add(standing.charge() instanceof Charge.Slot ? standing.used() : standing.resetMicros());
            }
        }
        return figures;
    }

    private static Remembered remembered(Tenant tenant, String id, long now) {
        var found = tenant.reservations.get(id);
        if (found != null && found.forgottenAtMicros <= now) {
            tenant.reservations.remove(id);
            return null;
        }
        return found;
    }

    private static boolean current(Tenant tenant, List<ObjectVersion> versions) {
        return versions.stream().allMatch(version -> Long.valueOf(version.version())
                .equals(tenant.versions.get(new VersionKey(version.kind(), version.id()))));
    }

    /** As in Redis: a hold that lapsed unsettled makes its window's total doubtful. */
    private static List<Charge.Money> missingTotals(Tenant tenant, List<Charge> charges, long now) {
        var missing = new ArrayList<Charge.Money>();
        for (var charge : charges) {
            if (charge instanceof Charge.Money budget && !isKnown(tenant.windows.get(WindowKey.of(budget)), now)) {
                missing.add(budget);
            }
        }
        return missing;
    }

    private static boolean isKnown(Window window, long now) {
        if (window == null) {
            return false;
        }
        if (window.dropEnded(now)) {
            window.settled = Window.UNKNOWN;
        }
        return window.settled != Window.UNKNOWN;
    }

    private static Standing shortage(Tenant tenant, Charge charge, long now) {
        if (charge instanceof Charge.Rate rate) {
            var bucket = bucket(tenant, rate, now);
            return bucket.holds(rate.rule(), rate.amount())
                    ? null
                    : new Standing(
                            charge,
                            bucket.remaining(rate.rule()),
                            0,
                            0,
                            bucket.resetMicros(rate.rule(), now),
                            bucket.waitMicros(rate.rule(), rate.amount(), now));
        }
        if (charge instanceof Charge.Slot slot) {
            return slotShortage(tenant, slot, now);
        }
        var budget = (Charge.Money) charge;
        var window = tenant.windows.get(WindowKey.of(budget));
        long held = window.held();
        return budget.most() == Charge.UNLIMITED || window.settled + held + budget.amount() <= budget.most()
                ? null
                : ReserveCall.standing(charge, window.settled, held, Standing.NEVER);
    }

    private static Standing slotShortage(Tenant tenant, Charge.Slot slot, long now) {
        var taken = tenant.slots.computeIfAbsent(slot.limit(), limit -> new HashMap<>());
        taken.values().removeIf(ends -> ends <= now);
        if (taken.size() < slot.most()) {
            return null;
        }
        long wait = slot.most() == 0
                ? Standing.NEVER
                : taken.values().stream()
                                .sorted()
                                .skip(taken.size() - slot.most())
                                .findFirst()
                                .orElse(now)
                        - now;
        return new Standing(slot, slot.most() - taken.size(), taken.size(), 0, 0, wait);
    }

    private static Standing taken(Tenant tenant, String id, Charge charge, long now, long ends) {
        if (charge instanceof Charge.Rate rate) {
            var bucket = bucket(tenant, rate, now).minus(rate.rule(), rate.amount());
            tenant.buckets.put(rate.limit(), bucket);
            return new Standing(charge, bucket.remaining(rate.rule()), 0, 0, bucket.resetMicros(rate.rule(), now), 0);
        }
        if (charge instanceof Charge.Slot slot) {
            var taken = tenant.slots.computeIfAbsent(slot.limit(), limit -> new HashMap<>());
            taken.put(id, ends);
            return new Standing(charge, slot.most() - taken.size(), taken.size(), 0, 0, 0);
        }
        var budget = (Charge.Money) charge;
        var window = tenant.windows.get(WindowKey.of(budget));
        if (budget.amount() > 0) {
            window.holds.put(id, new Held(budget.amount(), ends));
        }
        return ReserveCall.standing(charge, window.settled, window.held(), 0);
    }

    private static Bucket bucket(Tenant tenant, Charge.Rate rate, long now) {
        var known = tenant.buckets.get(rate.limit());
        return (known == null ? Bucket.full(rate.rule(), now) : known).at(rate.rule(), now);
    }

    @Override
    public Uni<Boolean> isCurrent(TenantRoot root, List<ObjectVersion> versions) {
        return step(root, tenant -> current(tenant, versions));
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
    public Uni<Void> load(TenantRoot root, Charge.Money budget, long settledTotal) {
        return step(root, tenant -> {
            var window = tenant.windows.computeIfAbsent(WindowKey.of(budget), key -> new Window());
            window.dropEnded(clockMicros.getAsLong());
            window.settled = Math.max(window.settled, settledTotal);
            return null;
        });
    }

    @Override
    public Uni<Void> restore(TenantRoot root, Charge.Money budget, List<OpenHold> holds) {
        return step(root, tenant -> {
            var window = tenant.windows.computeIfAbsent(WindowKey.of(budget), key -> new Window());
            holds.forEach(hold -> window.holds.putIfAbsent(
                    hold.reservationId(), new Held(hold.amount(), RedisLimitStore.micros(hold.expiresAt()))));
            window.dropEnded(clockMicros.getAsLong());
            return null;
        });
    }

    @Override
    public Uni<Void> settle(TenantRoot root, String reservationId, List<ActualCharge> used) {
        return step(root, tenant -> finish(tenant, reservationId, used));
    }

    @Override
    public Uni<Void> release(TenantRoot root, String reservationId, List<Charge> charges) {
        var nothingUsed = charges.stream()
                .map(charge -> new ActualCharge(charge, 0, Charge.UNLIMITED))
                .toList();
        return step(root, tenant -> finish(tenant, reservationId, nothingUsed));
    }

    private Void finish(Tenant tenant, String id, List<ActualCharge> used) {
        long now = clockMicros.getAsLong();
        var reservation = remembered(tenant, id, now);
        boolean open = reservation != null && reservation.state == State.OPEN;
        for (var use : used) {
            if (use.reserved() instanceof Charge.Rate rate && open) {
                tenant.buckets.put(rate.limit(), bucket(tenant, rate, now).minus(rate.rule(), use.correction()));
            } else if (use.reserved() instanceof Charge.Slot slot) {
                tenant.slots.getOrDefault(slot.limit(), new HashMap<>()).remove(id);
            } else if (use.reserved() instanceof Charge.Money budget) {
                finish(tenant, id, budget, use.settledTotal());
            }
        }
        if (open) {
            reservation.state = State.ENDED;
        }
        return null;
    }

    private static void finish(Tenant tenant, String id, Charge.Money budget, long settledTotal) {
        var window = tenant.windows.get(WindowKey.of(budget));
        if (window == null && settledTotal >= 0) {
            window = new Window();
            tenant.windows.put(WindowKey.of(budget), window);
        }
        if (window != null) {
            window.holds.remove(id);
            window.settled = Math.max(window.settled, settledTotal);
        }
    }

    @Override
    public Uni<String> payloadOf(TenantRoot root, String reservationId) {
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
        T on(Tenant tenant);
    }

    private <T> Uni<T> step(TenantRoot root, Step<T> step) {
        return Uni.createFrom().item(() -> {
            var tenant = tenants.get(root, key -> new Tenant());
            synchronized (tenant) {
                return step.on(tenant);
            }
        });
    }
}
