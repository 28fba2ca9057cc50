package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.tenancy.FurtherLimits;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The limits of one level, prepared so that a decision only has to fill in amounts. */
final class ScopeLimits {

    private final ResourceKind scope;
    private final String id;
    private final LimitTerms terms;
    private final OfModel all;
    private final Map<String, OfModel> byModel;
    private final Charge.Slot slot;
    private final boolean moneyCap;

    private ScopeLimits(
            ResourceKind scope,
            String id,
            LimitTerms terms,
            OfModel all,
            Map<String, OfModel> byModel,
            Charge.Slot slot) {
        this.scope = scope;
        this.id = id;
        this.terms = terms;
        this.all = all;
        this.byModel = byModel;
        this.slot = slot;
        this.moneyCap = all.hasMoneyCap() || byModel.values().stream().anyMatch(OfModel::hasMoneyCap);
    }

    /** A bucket waiting for its amount. */
    private record Rate(LimitRef limit, BucketRule rule, boolean shadow) {

        Charge.Rate charge(Estimate estimate) {
            return new Charge.Rate(limit, amount(estimate), rule, shadow);
        }

        private long amount(Estimate estimate) {
            return switch (limit.kind()) {
                case REQUESTS -> 1;
                case INPUT_TOKENS -> estimate.inputTokens();
                case OUTPUT_TOKENS -> estimate.outputTokens();
                default -> estimate.tokens();
            };
        }
    }

    /** The rates and budgets of one model, or those of all models. */
    private record OfModel(List<Rate> rates, List<ScopeBudget> budgets) {

        boolean hasMoneyCap() {
            return budgets.stream().anyMatch(ScopeBudget::isMoneyCap);
        }

        OfModel with(Allowance allowance) {
            return new OfModel(
                    rates,
                    budgets.stream().map(budget -> budget.with(allowance)).toList());
        }

        boolean isEmpty() {
            return rates.isEmpty() && budgets.isEmpty();
        }

        void addCharges(List<Charge> charges, Estimate estimate, Instant now) {
            for (var rate : rates) {
                charges.add(rate.charge(estimate));
            }
            for (var budget : budgets) {
                charges.add(budget.charge(estimate, now));
            }
        }
    }

    static ScopeLimits of(ResourceKind scope, String id, LimitTerms terms, ZoneId zone) {
        return new Preparation(scope, id, terms, zone).limits();
    }

    /** The same limits, where more may be spent than the caps say. */
    ScopeLimits with(Allowance allowance) {
        return allowance == Allowance.NONE
                ? this
                : new ScopeLimits(scope, id, terms, all.with(allowance), byModel, slot);
    }

    /** Adds what this level is asked for: the model's own limits first, they are the more specific ones. */
    void addCharges(List<Charge> charges, String model, String alias, Estimate estimate, Instant now) {
        addOfModel(charges, model, estimate, now);
        if (!alias.equals(model)) {
            addOfModel(charges, alias, estimate, now);
        }
        all.addCharges(charges, estimate, now);
        if (slot != null) {
            charges.add(slot);
        }
    }

    private void addOfModel(List<Charge> charges, String model, Estimate estimate, Instant now) {
        var limits = byModel.get(model);
        if (limits != null) {
            limits.addCharges(charges, estimate, now);
        }
    }

    /** Whether a cap, hard or soft, makes the cost of a request matter. */
    boolean hasCap() {
        return moneyCap;
    }

    boolean isEmpty() {
        return all.isEmpty() && byModel.isEmpty() && slot == null;
    }

    boolean isOf(LimitRef limit) {
        return scope == limit.scope() && id.equals(limit.id());
    }

    /** The field that sets the limit and where it stands, for people: {@code tpm_limit of team}. */
    String ruleOf(Charge charge) {
        var limit = charge.limit();
        boolean window = limit.kind() == LimitKind.BUDGET
                && limit.model() == null
                && charge instanceof Charge.Budget budget
                && further(budget);
        var field = window ? "budget_limits" : fieldOf(limit);
        return field + " of " + terms.originOf(field, scope.label);
    }

    /** Whether it is a window beside the main cap. */
    private boolean further(Charge.Budget budget) {
        return terms.further().windows().stream()
                .anyMatch(cap -> cap.period().equals(budget.window().period()) && cap.maxNano() == budget.most());
    }

    private static String fieldOf(LimitRef limit) {
        boolean ofModel = limit.model() != null;
        return switch (limit.kind()) {
            case REQUESTS -> ofModel ? "model_rpm_limit" : "rpm_limit";
            case TOKENS -> ofModel ? "model_tpm_limit" : "tpm_limit";
            case INPUT_TOKENS -> "model_itpm_limit";
            case OUTPUT_TOKENS -> "model_otpm_limit";
            case TOKENS_PER_DAY -> "tpd_limit";
            case PARALLEL -> "max_parallel_requests";
            case BUDGET -> ofModel ? "model_max_budget" : "max_budget";
            case TOKEN_BUDGET -> "token_budget";
            case REQUEST_BUDGET -> "request_budget";
        };
    }

    /** Reads the terms of one level. */
    private static final class Preparation {

        private final ResourceKind scope;
        private final String id;
        private final LimitTerms terms;
        private final FurtherLimits further;
        private final ZoneId zone;

        Preparation(ResourceKind scope, String id, LimitTerms terms, ZoneId zone) {
            this.scope = scope;
            this.id = id;
            this.terms = terms;
            this.further = terms.further();
            this.zone = further.timeZone() == null ? zone : further.timeZone();
        }

        ScopeLimits limits() {
            var slot = terms.parallel() == null
                    ? null
                    : new Charge.Slot(
                            ref(LimitKind.PARALLEL, null), terms.parallel(), isShadow("max_parallel_requests"));
            return new ScopeLimits(scope, id, terms, ofAll(), ofModels(), slot);
        }

        private OfModel ofAll() {
            var rates = new ArrayList<Rate>(3);
            addRate(rates, LimitKind.REQUESTS, null, terms.rpm());
            addRate(rates, LimitKind.TOKENS, null, terms.tpm());
            addRate(rates, LimitKind.TOKENS_PER_DAY, null, further.tokensPerDay());
            return new OfModel(List.copyOf(rates), budgetsOfAll());
        }

        private List<ScopeBudget> budgetsOfAll() {
            var budgets = new ArrayList<ScopeBudget>();
            if (terms.maxBudgetNano() != null || terms.softBudgetNano() != null || terms.budgetDuration() != null) {
                budgets.add(budget(
                        LimitKind.BUDGET, null, terms.maxBudgetNano(), terms.softBudgetNano(), terms.budgetDuration()));
            }
            for (var window : further.windows()) {
                // the same period twice would be one window counted twice: the tighter cap is the one that matters
                if (window.period().equals(terms.budgetDuration())
                        && (terms.maxBudgetNano() == null || window.maxNano() < terms.maxBudgetNano())) {
                    budgets.set(
                            0,
                            budget(
                                    LimitKind.BUDGET,
                                    null,
                                    window.maxNano(),
                                    terms.softBudgetNano(),
                                    terms.budgetDuration()));
                } else if (!window.period().equals(terms.budgetDuration())) {
                    budgets.add(budget(LimitKind.BUDGET, null, window.maxNano(), null, window.period()));
                }
            }
            if (further.tokenBudget() != null) {
                budgets.add(budget(LimitKind.TOKEN_BUDGET, null, further.tokenBudget(), null, terms.budgetDuration()));
            }
            if (further.requestBudget() != null) {
                budgets.add(
                        budget(LimitKind.REQUEST_BUDGET, null, further.requestBudget(), null, terms.budgetDuration()));
            }
            return List.copyOf(budgets);
        }

        private Map<String, OfModel> ofModels() {
            var named = new TreeSet<>(terms.modelRpm().keySet());
            named.addAll(terms.modelTpm().keySet());
            named.addAll(further.modelInputTokens().keySet());
            named.addAll(further.modelOutputTokens().keySet());
            named.addAll(further.models().keySet());
            var models = new HashMap<String, OfModel>();
            named.forEach(model -> models.put(model, ofModel(model)));
            return Map.copyOf(models);
        }

        private OfModel ofModel(String model) {
            var cap = further.models().get(model);
            var rates = new ArrayList<Rate>(4);
            addRate(
                    rates,
                    LimitKind.REQUESTS,
                    model,
                    tighter(terms.modelRpm().get(model), cap == null ? null : cap.rpm()));
            addRate(
                    rates,
                    LimitKind.TOKENS,
                    model,
                    tighter(terms.modelTpm().get(model), cap == null ? null : cap.tpm()));
            addRate(
                    rates,
                    LimitKind.INPUT_TOKENS,
                    model,
                    further.modelInputTokens().get(model));
            addRate(
                    rates,
                    LimitKind.OUTPUT_TOKENS,
                    model,
                    further.modelOutputTokens().get(model));
            var budgets = cap == null || cap.maxNano() == null
                    ? List.<ScopeBudget>of()
                    : List.of(budget(LimitKind.BUDGET, model, cap.maxNano(), null, cap.period()));
            return new OfModel(List.copyOf(rates), budgets);
        }

        private static Long tighter(Long one, Long other) {
            if (one == null || other == null) {
                return one == null ? other : one;
            }
            return Math.min(one, other);
        }

        private void addRate(List<Rate> rates, LimitKind kind, String model, Long limit) {
            if (limit != null) {
                var window = kind == LimitKind.TOKENS_PER_DAY ? Duration.ofDays(1) : Duration.ofMinutes(1);
                rates.add(new Rate(
                        ref(kind, model),
                        BucketRule.of(limit, window),
                        isShadow(kind == LimitKind.REQUESTS ? "requests" : "tokens")));
            }
        }

        private ScopeBudget budget(LimitKind kind, String model, Long most, Long soft, String period) {
            boolean main =
                    kind == LimitKind.BUDGET && model == null && most != null && most.equals(terms.maxBudgetNano());
            return new ScopeBudget(
                    ref(kind, model),
                    orUnlimited(most),
                    orUnlimited(soft),
                    period,
                    zone,
                    isShadow("budget"),
                    main && further.rolloverNano() != null ? further.rolloverNano() : 0,
                    terms.since());
        }

        private static long orUnlimited(Long value) {
            return value == null ? Charge.UNLIMITED : value;
        }

        private boolean isShadow(String kind) {
            return further.shadow().contains(kind);
        }

        private LimitRef ref(LimitKind kind, String model) {
            return new LimitRef(scope, id, kind, model);
        }
    }
}
