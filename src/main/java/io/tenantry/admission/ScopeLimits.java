package io.tenantry.admission;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The limits of one level, prepared so that a decision only has to fill in amounts. */
final class ScopeLimits {

    private final List<Prepared> rates;
    private final Map<String, List<Prepared>> ratesByModel;
    private final Charge.Slot slot;
    private final Budget budget;

    private ScopeLimits(
            List<Prepared> rates, Map<String, List<Prepared>> ratesByModel, Charge.Slot slot, Budget budget) {
        this.rates = rates;
        this.ratesByModel = ratesByModel;
        this.slot = slot;
        this.budget = budget;
    }

    private record Prepared(LimitRef limit, BucketRule rule) {

        Charge.Rate charge(Estimate estimate) {
            return new Charge.Rate(limit, limit.kind() == LimitKind.REQUESTS ? 1 : estimate.tokens(), rule);
        }
    }

    /** A cap with its period. The current window is remembered: it changes once a period, and computing it costs more than the rest. */
    private static final class Budget {

        private final LimitRef limit;
        private final long most;
        private final long soft;
        private final String duration;
        private final ZoneId zone;
        private volatile BudgetPeriod.Window window;

        Budget(LimitRef limit, long most, long soft, String duration, ZoneId zone) {
            this.limit = limit;
            this.most = most;
            this.soft = soft;
            this.duration = duration;
            this.zone = zone;
        }

        BudgetPeriod.Window windowAt(Instant now) {
            var known = window;
            if (known == null || !known.contains(now)) {
                known = BudgetPeriod.windowAt(duration, now, zone);
                window = known;
            }
            return known;
        }

        Charge.Budget charge(Estimate estimate, Instant now) {
            return new Charge.Budget(limit, estimate.cost().value(), most, soft, windowAt(now));
        }
    }

    static ScopeLimits of(ResourceKind scope, String id, LimitTerms terms, ZoneId zone) {
        return new ScopeLimits(
                rates(scope, id, null, terms.rpm(), terms.tpm()),
                byModel(scope, id, terms),
                terms.parallel() == null
                        ? null
                        : new Charge.Slot(ref(scope, id, LimitKind.PARALLEL, null), terms.parallel()),
                budget(scope, id, terms, zone));
    }

    private static Budget budget(ResourceKind scope, String id, LimitTerms terms, ZoneId zone) {
        if (terms.maxBudgetNano() == null && terms.softBudgetNano() == null && terms.budgetDuration() == null) {
            return null;
        }
        return new Budget(
                ref(scope, id, LimitKind.BUDGET, null),
                orUnlimited(terms.maxBudgetNano()),
                orUnlimited(terms.softBudgetNano()),
                terms.budgetDuration(),
                zone);
    }

    private static long orUnlimited(Long value) {
        return value == null ? Charge.UNLIMITED : value;
    }

    private static Map<String, List<Prepared>> byModel(ResourceKind scope, String id, LimitTerms terms) {
        var models = new HashMap<String, List<Prepared>>();
        var named = new TreeSet<>(terms.modelRpm().keySet());
        named.addAll(terms.modelTpm().keySet());
        for (var model : named) {
            models.put(
                    model,
                    rates(
                            scope,
                            id,
                            model,
                            terms.modelRpm().get(model),
                            terms.modelTpm().get(model)));
        }
        return Map.copyOf(models);
    }

    private static List<Prepared> rates(ResourceKind scope, String id, String model, Long rpm, Long tpm) {
        var rates = new ArrayList<Prepared>(2);
        if (rpm != null) {
            rates.add(new Prepared(ref(scope, id, LimitKind.REQUESTS, model), BucketRule.perMinute(rpm)));
        }
        if (tpm != null) {
            rates.add(new Prepared(ref(scope, id, LimitKind.TOKENS, model), BucketRule.perMinute(tpm)));
        }
        return List.copyOf(rates);
    }

    private static LimitRef ref(ResourceKind scope, String id, LimitKind kind, String model) {
        return new LimitRef(scope, id, kind, model);
    }

    /** Adds what this level is asked for: the model's own limits first, they are the more specific ones. */
    void addCharges(List<Charge> charges, String model, String alias, Estimate estimate, Instant now) {
        addModelRates(charges, model, estimate);
        if (!alias.equals(model)) {
            addModelRates(charges, alias, estimate);
        }
        for (var rate : rates) {
            charges.add(rate.charge(estimate));
        }
        if (slot != null) {
            charges.add(slot);
        }
        if (budget != null) {
            charges.add(budget.charge(estimate, now));
        }
    }

    private void addModelRates(List<Charge> charges, String model, Estimate estimate) {
        for (var rate : ratesByModel.getOrDefault(model, List.of())) {
            charges.add(rate.charge(estimate));
        }
    }

    /** Whether a cap, hard or soft, makes the cost of a request matter. A period alone is only counted. */
    boolean hasCap() {
        return budget != null && (budget.most != Charge.UNLIMITED || budget.soft != Charge.UNLIMITED);
    }

    boolean isEmpty() {
        return rates.isEmpty() && ratesByModel.isEmpty() && slot == null && budget == null;
    }
}
