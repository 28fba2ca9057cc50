package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.tenancy.CountedTokens;
import io.tenantry.tenancy.FurtherLimits;
import io.tenantry.tenancy.ThroughputType;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Reads the terms of one level. */
final class LimitPreparation {

    private static final Set<LimitKind> A_DAY =
            Set.of(LimitKind.TOKENS_PER_DAY, LimitKind.INPUT_TOKENS_PER_DAY, LimitKind.OUTPUT_TOKENS_PER_DAY);

    private final ResourceKind scope;
    private final String id;
    private final LimitTerms terms;
    private final FurtherLimits further;
    private final ZoneId zone;
    private final CountedTokens counted;
    private final double throttleShare;

    LimitPreparation(ResourceKind scope, String id, LimitTerms terms, LimitSettings settings) {
        this.scope = scope;
        this.id = id;
        this.terms = terms;
        this.further = terms.further();
        this.zone = further.timeZone() == null ? settings.zone() : further.timeZone();
        this.counted = further.modes().counted() == null
                ? settings.counted()
                : further.modes().counted();
        this.throttleShare = settings.throttle();
    }

    ScopeLimits limits() {
        var slot = terms.parallel() == null
                ? null
                : new Charge.Slot(ref(LimitKind.PARALLEL, null), terms.parallel(), isShadow("max_parallel_requests"));
        var all = ofAll();
        return new ScopeLimits(scope, id, terms, all, ofModels(), ofTags(), slot, throttle(all.rates()));
    }

    private ModelLimits ofAll() {
        var rates = new ArrayList<ScopeRate>(3);
        addRate(rates, "rpm_limit", LimitKind.REQUESTS, null, terms.rpm());
        addRate(rates, "tpm_limit", aMinute(), null, terms.tpm());
        addRate(rates, "tpd_limit", aDay(), null, further.tokensPerDay());
        return new ModelLimits(rates, budgetsOfAll());
    }

    private LimitKind aMinute() {
        return switch (counted) {
            case TOTAL -> LimitKind.TOKENS;
            case INPUT -> LimitKind.INPUT_TOKENS;
            case OUTPUT -> LimitKind.OUTPUT_TOKENS;
        };
    }

    private LimitKind aDay() {
        return switch (counted) {
            case TOTAL -> LimitKind.TOKENS_PER_DAY;
            case INPUT -> LimitKind.INPUT_TOKENS_PER_DAY;
            case OUTPUT -> LimitKind.OUTPUT_TOKENS_PER_DAY;
        };
    }

    /** A key without rates has nothing to be throttled to: its budget refuses. */
    private List<ScopeRate> throttle(List<ScopeRate> rates) {
        return scope == ResourceKind.KEY && further.modes().throttled()
                ? rates.stream()
                        .filter(rate -> !A_DAY.contains(rate.limit().kind()))
                        .map(rate -> rate.throttled(throttleShare))
                        .toList()
                : List.of();
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
            budgets.add(
                    budget(LimitKind.TOKEN_BUDGET, null, further.tokenBudget(), null, terms.periodOf("token_budget")));
        }
        if (further.requestBudget() != null) {
            budgets.add(budget(
                    LimitKind.REQUEST_BUDGET, null, further.requestBudget(), null, terms.periodOf("request_budget")));
        }
        return List.copyOf(budgets);
    }

    private Map<String, ModelLimits> ofModels() {
        var named = new TreeSet<>(terms.modelRpm().keySet());
        named.addAll(terms.modelTpm().keySet());
        named.addAll(further.modelInputTokens().keySet());
        named.addAll(further.modelOutputTokens().keySet());
        named.addAll(further.models().keySet());
        var models = new HashMap<String, ModelLimits>();
        named.forEach(model -> models.put(model, ofModel(model)));
        return Map.copyOf(models);
    }

    private ModelLimits ofModel(String model) {
        var cap = further.models().get(model);
        var rates = new ArrayList<ScopeRate>(4);
        addRate(
                rates,
                "model_rpm_limit",
                LimitKind.REQUESTS,
                model,
                tighter(terms.modelRpm().get(model), cap == null ? null : cap.rpm()));
        addRate(
                rates,
                "model_tpm_limit",
                aMinute(),
                model,
                tighter(terms.modelTpm().get(model), cap == null ? null : cap.tpm()));
        addRate(
                rates,
                "model_itpm_limit",
                LimitKind.INPUT_TOKENS,
                model,
                further.modelInputTokens().get(model));
        addRate(
                rates,
                "model_otpm_limit",
                LimitKind.OUTPUT_TOKENS,
                model,
                further.modelOutputTokens().get(model));
        var budgets = cap == null || cap.maxNano() == null
                ? List.<ScopeBudget>of()
                : List.of(budget(LimitKind.BUDGET, model, cap.maxNano(), null, cap.period()));
        return new ModelLimits(rates, budgets);
    }

    private Map<String, ScopeRate> ofTags() {
        var rates = new HashMap<String, ScopeRate>();
        further.tagRequests()
                .forEach((tag, limit) ->
                        rates.put(tag, rate(FurtherLimits.TAG_RATES, LimitKind.TAG_REQUESTS, tag, limit)));
        return Map.copyOf(rates);
    }

    private static Long tighter(Long one, Long other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return Math.min(one, other);
    }

    /** Two fields may mean the same bucket ({@code model_tpm_limit} counting input, {@code model_itpm_limit}): the lower one counts. */
    private void addRate(List<ScopeRate> rates, String field, LimitKind kind, String model, Long limit) {
        if (limit == null) {
            return;
        }
        var rate = rate(field, kind, model, limit);
        var same = rates.stream()
                .filter(other -> other.limit().equals(rate.limit()))
                .findFirst();
        if (same.isEmpty()) {
            rates.add(rate);
        } else if (same.get().rule().capacity() > limit) {
            rates.set(rates.indexOf(same.get()), rate);
        }
    }

    private ScopeRate rate(String field, LimitKind kind, String model, long limit) {
        boolean requests = kind.counted == LimitKind.Counted.REQUESTS;
        var type = requests ? further.modes().requests() : further.modes().tokens();
        boolean aDay = A_DAY.contains(kind);
        return new ScopeRate(
                field,
                ref(kind, model),
                BucketRule.of(limit, aDay ? Duration.ofDays(1) : Duration.ofMinutes(1)),
                isShadow(requests ? "requests" : "tokens"),
                type == ThroughputType.DYNAMIC && !aDay);
    }

    private ScopeBudget budget(LimitKind kind, String model, Long most, Long soft, String period) {
        boolean main = kind == LimitKind.BUDGET
                && model == null
                && most != null
                && most.equals(terms.maxBudgetNano())
                && Objects.equals(period, terms.budgetDuration());
        return new ScopeBudget(
                ref(kind, model),
                orUnlimited(most),
                orUnlimited(soft),
                period,
                zone,
                isShadow("budget"),
                main && further.rolloverNano() != null ? further.rolloverNano() : 0,
                terms.since(),
                terms.version());
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
