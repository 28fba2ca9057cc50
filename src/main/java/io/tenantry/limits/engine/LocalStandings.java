package io.tenantry.limits.engine;

import io.tenantry.limits.engine.LocalTenant.Held;
import io.tenantry.limits.engine.LocalTenant.Window;
import io.tenantry.limits.engine.LocalTenant.WindowKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/** How the limits of a {@link LocalTenant} stand, before a request takes of them and after. */
final class LocalStandings {

    private LocalStandings() {}

    static List<Charge.Budget> missingTotals(LocalTenant tenant, List<Charge> charges, long now) {
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
    static Standing standing(LocalTenant tenant, Charge charge, long now) {
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

    private static Standing standing(LocalTenant tenant, Charge.Slot slot, long now) {
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

    static Standing taken(LocalTenant tenant, String id, Standing before, long now, long ends) {
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
        var window = tenant.window(budget);
        if (budget.most() == Charge.UNASKED || (!budget.isAsked() && window.isDoubtful(now))) {
            window.known = false;
            window.dropEnded(now);
        }
        if (budget.amount() > 0) {
            window.holds.put(id, new Held(budget.amount(), ends));
        }
        return Standing.of(budget, window.total.amount(), window.held(now), before.waitMicros());
    }

    private static Bucket bucket(LocalTenant tenant, Charge.Rate rate, long now) {
        var known = tenant.buckets.get(rate.limit());
        return (known == null ? Bucket.full(rate.rule(), now) : known).at(rate.rule(), now);
    }
}
