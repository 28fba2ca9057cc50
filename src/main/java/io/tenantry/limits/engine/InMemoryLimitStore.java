package io.tenantry.limits.engine;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.ResourceKind;
import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        SETTLED,
        RELEASED
    }

    private static final class Remembered {
        State state = State.OPEN;
        Instant expiresAt;
        final List<Long> figures;
        final Buffer payload;
        long forgottenAtMicros;

        Remembered(Instant expiresAt, List<Long> figures, Buffer payload, long forgottenAtMicros) {
            this.expiresAt = expiresAt;
            this.figures = figures;
            this.payload = payload;
            this.forgottenAtMicros = forgottenAtMicros;
        }

        /** What was released was never used, and what lapsed holds nothing any more: the same request is taken anew. */
        boolean mayComeBack(long now) {
            return state == State.RELEASED || (state == State.OPEN && RedisLimitStore.micros(expiresAt) <= now);
        }

        boolean isOpenBefore(Instant end) {
            return state == State.OPEN && expiresAt.isBefore(end);
        }

        ReserveResult.Repeated asRepeated() {
            return new ReserveResult.Repeated(state == State.OPEN, expiresAt, figures, payload);
        }

        /** What was put back took nothing of its bucket, which began anew, and gives nothing back. */
        boolean corrects(int position, ActualCharge use) {
            return use.correction() > 0 || use.correction() < 0 && hasFiguresOf(position);
        }

        private boolean hasFiguresOf(int position) {
            return 3 * position + 2 < figures.size();
        }

        /** Whether the charge would have been refused, and took nothing since its limit is in shadow mode. */
        boolean tookNothing(int position, Charge.Rate rate) {
            return rate.shadow() && hasFiguresOf(position) && figures.get(3 * position + 2) != 0;
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

    private record WindowKey(LimitRef limit, Instant start, Instant end) {
        static WindowKey of(Charge.Budget budget) {
            return new WindowKey(
                    budget.limit(), budget.window().start(), budget.window().end());
        }
    }

    private record Held(long amount, long endsMicros) {}

    private static final class Window {

        SettledTotal total = new SettledTotal(0, Packed.NOTHING);
        boolean known;
        long version;
        final Map<String, Held> holds = new HashMap<>();

        /** Whether a hold's lease ended and nobody settled it: then the total may lack its use. */
        boolean isDoubtful(long now) {
            return holds.values().stream().anyMatch(hold -> hold.endsMicros() <= now);
        }

        void dropEnded(long asOf) {
            holds.values().removeIf(hold -> hold.endsMicros() <= asOf);
        }

        /** Microseconds until leases have ended that hold so much. */
        long freeing(long amount, long now) {
            long left = amount;
            var firstToEnd = holds.values().stream()
                    .sorted(Comparator.comparingLong(Held::endsMicros))
                    .toList();
            for (var hold : firstToEnd) {
                left -= hold.amount();
                if (left <= 0) {
                    return hold.endsMicros() - now;
                }
            }
            return Standing.NEVER;
        }

        long held(long now) {
            return holds.values().stream()
                    .filter(hold -> hold.endsMicros() > now)
                    .mapToLong(Held::amount)
                    .sum();
        }
    }

    @Override
    public Uni<ReserveResult> reserve(Reservation reservation) {
        return step(reservation.root(), tenant -> reserve(tenant, reservation, clockMicros.getAsLong()));
    }

    private ReserveResult reserve(Tenant tenant, Reservation reservation, long now) {
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

    private static ReserveResult look(Tenant tenant, Reservation reservation, long now) {
        if (!current(tenant, reservation.versions())) {
            return new ReserveResult.Stale();
        }
        var missing = missingTotals(tenant, reservation.charges(), now);
        if (!missing.isEmpty()) {
            return new ReserveResult.TotalsMissing(missing, now);
        }
        return new ReserveResult.Looked(reservation.charges().stream()
                .map(charge -> standing(tenant, charge, now))
                .toList());
    }

    private ReserveResult take(Tenant tenant, Reservation reservation, List<Standing> before, long now) {
        long ends = Leases.endMicros(now, reservation.lease());
        var standings = before.stream()
                .map(standing -> taken(tenant, reservation.id(), standing, now, ends))
                .toList();
        var expiresAt = RedisLimitStore.instantOfMicros(ends);
        long forgotten = ends + reservation.memory().toNanos() / 1_000;
        remember(
                tenant,
                reservation.id(),
                new Remembered(expiresAt, ReserveAnswer.figures(standings), reservation.payload(), forgotten));
        return new ReserveResult.Taken(expiresAt, standings);
    }

    private static void remember(Tenant tenant, String id, Remembered reservation) {
        tenant.reservations.put(id, reservation);
        if (tenant.reservations.size() > MOST_RESERVATIONS) {
            var oldest = tenant.reservations.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
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

    private static List<Charge.Budget> missingTotals(Tenant tenant, List<Charge> charges, long now) {
        var missing = new ArrayList<Charge.Budget>();
        for (var charge : charges) {
            if (charge instanceof Charge.Budget budget
                    && budget.isAsked()
                    && !isKnown(tenant.windows.get(WindowKey.of(budget)), budget, now)) {
                missing.add(budget);
            }
        }
        return missing;
    }

    private static boolean isKnown(Window window, Charge.Budget budget, long now) {
        return window != null && window.known && window.version >= budget.version() && !window.isDoubtful(now);
    }

    /** How the limit stands before anything is taken. */
    private static Standing standing(Tenant tenant, Charge charge, long now) {
        if (charge instanceof Charge.Rate rate) {
            var bucket = bucket(tenant, rate, now);
            long wait = bucket.holds(rate.rule(), rate.amount())
                    ? 0
                    : waitAtLeastOne(bucket.waitMicros(rate.rule(), rate.amount(), now));
            return standing(rate, bucket, now, wait);
        }
        if (charge instanceof Charge.Slot slot) {
            return standing(tenant, slot, now);
        }
        var budget = (Charge.Budget) charge;
        var window = tenant.windows.getOrDefault(WindowKey.of(budget), new Window());
        long held = window.held(now);
        long excess = budget.isCapped() ? window.total.amount() + held + budget.amount() - budget.most() : 0;
        return Standing.of(budget, window.total.amount(), held, excess <= 0 ? 0 : window.freeing(excess, now));
    }

    private static Standing standing(Charge.Rate rate, Bucket bucket, long now, long wait) {
        return Standing.of(rate, bucket.remaining(rate.rule()), bucket.resetMicros(rate.rule(), now), wait);
    }

    private static long waitAtLeastOne(long micros) {
        return micros == Standing.NEVER ? micros : Math.max(1, micros);
    }

    private static Standing standing(Tenant tenant, Charge.Slot slot, long now) {
        var taken = tenant.slots.computeIfAbsent(slot.limit(), limit -> new HashMap<>());
        taken.values().removeIf(ends -> ends <= now);
        long wait = 0;
        if (taken.size() >= slot.most()) {
            wait = slot.most() == 0
                    ? Standing.NEVER
                    : taken.values().stream()
                                    .sorted()
                                    .skip(taken.size() - slot.most())
                                    .findFirst()
                                    .orElse(now)
                            - now;
        }
        return Standing.of(slot, slot.most() - taken.size(), taken.size(), wait);
    }

    private static Standing taken(Tenant tenant, String id, Standing before, long now, long ends) {
        var charge = before.charge();
        if (charge instanceof Charge.Rate rate) {
            // in shadow mode what would have been refused takes nothing
            long amount = before.isShort() ? 0 : rate.amount();
            var bucket = bucket(tenant, rate, now).minus(rate.rule(), amount);
            if (rate.rule().capacity() > 0) {
                // a limit of 0 lets nothing be taken: what was used under another one stays as it was
                tenant.buckets.put(rate.limit(), bucket);
            }
            return standing(rate, bucket, now, before.waitMicros());
        }
        if (charge instanceof Charge.Slot slot) {
            var taken = tenant.slots.get(slot.limit());
            taken.put(id, ends);
            return Standing.of(slot, slot.most() - taken.size(), taken.size(), before.waitMicros());
        }
        var budget = (Charge.Budget) charge;
        var window = window(tenant, budget);
        if (budget.most() == Charge.UNASKED || (!budget.isAsked() && window.isDoubtful(now))) {
            window.known = false;
            window.dropEnded(now);
        }
        if (budget.amount() > 0) {
            window.holds.put(id, new Held(budget.amount(), ends));
        }
        return Standing.of(budget, window.total.amount(), window.held(now), before.waitMicros());
    }

    private static Bucket ending(Tenant tenant, Charge.Rate rate, long now) {
        var known = tenant.buckets.get(rate.limit());
        return known == null ? Bucket.full(rate.rule(), now) : known.endingAt(rate.rule(), now);
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
            var window = window(tenant, budget);
            window.dropEnded(asOfMicros);
            window.total = window.total.orLater(total);
            window.known = true;
            window.version = Math.max(window.version, budget.version());
            return null;
        });
    }

    private static Window window(Tenant tenant, Charge.Budget budget) {
        return tenant.windows.computeIfAbsent(WindowKey.of(budget), key -> new Window());
    }

    @Override
    public Uni<Void> restore(OpenReservation open) {
        return step(open.root(), tenant -> restore(tenant, open, clockMicros.getAsLong()));
    }

    private static Void restore(Tenant tenant, OpenReservation open, long now) {
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

    private static void extend(Tenant tenant, String id, Charge charge, long ends) {
        if (charge instanceof Charge.Slot slot) {
            tenant.slots.computeIfAbsent(slot.limit(), limit -> new HashMap<>()).put(id, ends);
        } else if (charge instanceof Charge.Budget budget && budget.amount() > 0) {
            window(tenant, budget).holds.put(id, new Held(budget.amount(), ends));
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

    private Void release(Tenant tenant, String id, List<Charge> charges) {
        var nothingUsed =
                charges.stream().map(charge -> new ActualCharge(charge, 0)).toList();
        return finish(tenant, id, nothingUsed, State.RELEASED);
    }

    private Void finish(Tenant tenant, String id, List<ActualCharge> used, State end) {
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
    private static void finish(Tenant tenant, String id, Charge.Budget budget, SettledTotal total, boolean open) {
        var window = total == null ? tenant.windows.get(WindowKey.of(budget)) : window(tenant, budget);
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
