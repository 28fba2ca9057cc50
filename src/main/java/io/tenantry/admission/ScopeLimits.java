package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import io.tenantry.tenancy.LimitModes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The limits of one level, prepared so that a decision only has to fill in amounts. */
final class ScopeLimits {

    private final ResourceKind scope;
    private final String id;
    private final LimitTerms terms;
    private final ModelLimits all;
    private final Map<String, ModelLimits> byModel;
    private final Map<String, ScopeRate> byTag;
    private final Charge.Slot slot;
    private final List<ScopeRate> throttle;
    private final CostMatters costOfAll;

    /** @param throttle what is left of the rates when the level's budget is spent; empty where nothing is left */
    ScopeLimits(
            ResourceKind scope,
            String id,
            LimitTerms terms,
            ModelLimits all,
            Map<String, ModelLimits> byModel,
            Map<String, ScopeRate> byTag,
            Charge.Slot slot,
            List<ScopeRate> throttle) {
        this.scope = scope;
        this.id = id;
        this.terms = terms;
        this.all = all;
        this.byModel = byModel;
        this.byTag = byTag;
        this.slot = slot;
        this.throttle = throttle;
        this.costOfAll = all.costMatters();
    }

    static ScopeLimits of(ResourceKind scope, String id, LimitTerms terms, LimitSettings settings) {
        return new LimitPreparation(scope, id, terms, settings).limits();
    }

    /** The same limits, where more may be spent than the caps say. */
    ScopeLimits with(Allowance allowance) {
        return allowance == Allowance.NONE
                ? this
                : new ScopeLimits(scope, id, terms, all.with(allowance), byModel, byTag, slot, throttle);
    }

    ResourceKind scope() {
        return scope;
    }

    /** Adds what this level is asked for: those of a tag and of the model first, they are the more specific ones. */
    void addCharges(List<Charge> charges, Ask ask) {
        if (!byTag.isEmpty()) {
            addOfTags(charges, ask);
        }
        if (!byModel.isEmpty()) {
            addOfModel(charges, ask);
        }
        all.addCharges(charges, ask, charges.size());
        if (slot != null) {
            charges.add(slot);
        }
    }

    private void addOfTags(List<Charge> charges, Ask ask) {
        for (var tag : ask.tags()) {
            var rate = byTag.get(tag);
            if (rate != null) {
                charges.add(rate.charge(ask));
            }
        }
    }

    private void addOfModel(List<Charge> charges, Ask ask) {
        int first = charges.size();
        var limits = byModel.get(ask.model());
        if (limits != null) {
            limits.addCharges(charges, ask, first);
        }
        var ofAlias = ask.alias().equals(ask.model()) ? null : byModel.get(ask.alias());
        if (ofAlias != null) {
            ofAlias.addCharges(charges, ask, first);
        }
    }

    /** Whether requests go on at a part of this level's rates once its budget is spent. */
    boolean throttles() {
        return !throttle.isEmpty();
    }

    /** Whether this level's budget is one of the limits that refuse. */
    boolean isSpentBy(List<Standing> refusing) {
        for (var standing : refusing) {
            if (standing.charge() instanceof Charge.Budget
                    && isOf(standing.charge().limit())) {
                return true;
            }
        }
        return false;
    }

    /** These charges when this level's budget is spent: it goes on counting and refuses no more, and its rates are throttled. */
    List<Charge> throttled(List<Charge> charges, Estimate estimate) {
        var throttled = new ArrayList<Charge>(charges.size() + throttle.size());
        for (var rate : throttle) {
            throttled.add(rate.charge(estimate));
        }
        for (var charge : charges) {
            boolean spent = charge instanceof Charge.Budget && isOf(charge.limit());
            throttled.add(spent ? ((Charge.Budget) charge).inShadow() : charge);
        }
        return throttled;
    }

    /** Whether a cap that counts this model makes the cost of a request matter. */
    CostMatters costMatters(String model, String alias) {
        if (byModel.isEmpty()) {
            return costOfAll;
        }
        var matters = costOfAll.or(costOfModel(model));
        return alias.equals(model) ? matters : matters.or(costOfModel(alias));
    }

    private CostMatters costOfModel(String model) {
        var limits = byModel.get(model);
        return limits == null ? CostMatters.NOT : limits.costMatters();
    }

    boolean isEmpty() {
        return all.isEmpty() && byModel.isEmpty() && byTag.isEmpty() && slot == null;
    }

    boolean isOf(LimitRef limit) {
        return scope == limit.scope() && id.equals(limit.id());
    }

    /** The field that sets the limit and where it stands, for people: {@code tpm_limit of team}. */
    String ruleOf(Charge charge) {
        var field = fieldOf(charge);
        return field + " of " + terms.originOf(field, scope.label);
    }

    /** Whether the limit refuses only while the model fails. */
    boolean isDynamic(LimitRef limit) {
        return rateOf(limit).map(ScopeRate::dynamic).orElse(false);
    }

    private Optional<ScopeRate> rateOf(LimitRef limit) {
        if (limit.kind() == LimitKind.TAG_REQUESTS) {
            return Optional.ofNullable(byTag.get(limit.model()));
        }
        var limits = limit.model() == null ? all : byModel.get(limit.model());
        var rates = limits == null ? List.<ScopeRate>of() : limits.rates();
        return rates.stream().filter(rate -> rate.limit().equals(limit)).findFirst();
    }

    private String fieldOf(Charge charge) {
        var limit = charge.limit();
        if (limit.kind().isThrottled()) {
            return LimitModes.THROTTLE;
        }
        if (charge instanceof Charge.Rate) {
            return rateOf(limit).map(ScopeRate::field).orElse(limit.kind().wire);
        }
        boolean window = limit.kind() == LimitKind.BUDGET && limit.model() == null && further((Charge.Budget) charge);
        return switch (limit.kind()) {
            case PARALLEL -> "max_parallel_requests";
            case BUDGET -> window ? "budget_limits" : limit.model() == null ? "max_budget" : "model_max_budget";
            default -> limit.kind().wire;
        };
    }

    /** Whether it is a window beside the main cap, or one that is lower than the main cap of its period. */
    private boolean further(Charge.Budget budget) {
        var period = budget.window().period();
        boolean besideMain = !period.equals(terms.budgetDuration()) || terms.maxBudgetNano() == null;
        return terms.further().windows().stream()
                .anyMatch(cap -> cap.period().equals(period) && (besideMain || cap.maxNano() < terms.maxBudgetNano()));
    }
}
