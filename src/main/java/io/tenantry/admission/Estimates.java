package io.tenantry.admission;

import io.tenantry.admission.Estimate.Source;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.Saturating;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * What a request may use, before anybody knows: as the request says, else what this key's requests to this model usually answer, else a
 * configured number. Money is bounded by policy, see {@link #bounded}.
 */
@ApplicationScoped
class Estimates {

    /** No budget has a cap. */
    private static final long NONE = Long.MAX_VALUE;

    private final OutputHistory history;
    private final PriceList prices;
    private final AdmissionConfig config;

    Estimates(OutputHistory history, PriceList prices, AdmissionConfig config) {
        this.history = history;
        this.prices = prices;
        this.config = config;
    }

    /**
     * Fails with MODEL_UNPRICED when a cap that refuses applies and nobody can tell the cost.
     *
     * @param matters whether any level has a cap, so that the cost matters
     */
    Estimate of(Policy policy, CostMatters matters, AdmissionRequest request, String model) {
        long input = request.inputTokens() == null ? 0 : request.inputTokens();
        if (request.maxOutputTokens() != null) {
            return estimate(matters, request, model, input, request.maxOutputTokens(), Source.REQUEST);
        }
        long observed = history.usual(policy.owner().keyId(), model);
        return observed == OutputHistory.UNKNOWN
                ? estimate(matters, request, model, input, each(request, config.defaultOutputTokens()), Source.DEFAULT)
                : estimate(matters, request, model, input, each(request, observed), Source.OBSERVED);
    }

    private static long each(AdmissionRequest request, long output) {
        return Saturating.multiply(output, request.requestCount());
    }

    private Estimate estimate(
            CostMatters matters, AdmissionRequest request, String model, long input, long output, Source source) {
        return new Estimate(
                input, output, cost(matters, request, model, input, output), source, false, request.requestCount());
    }

    private NanoUsd cost(CostMatters matters, AdmissionRequest request, String model, long input, long output) {
        if (request.estimatedCostUsd() != null) {
            return NanoUsd.ofUsd(request.estimatedCostUsd());
        }
        return switch (matters) {
            case NOT -> NanoUsd.ZERO;
            case WHERE_KNOWN -> prices.priceOf(model, input, output).orElse(NanoUsd.ZERO);
            case ALWAYS -> price(model, input, output);
        };
    }

    private NanoUsd price(String model, long input, long output) {
        return prices.priceOf(model, input, output).orElseThrow(() -> Problem.of(ProblemCode.MODEL_UNPRICED)
                .param("model")
                .detail(
                        "Model '%s' has no price and a budget applies: send estimated_cost_usd, or add the model to tenantry.prices.file",
                        model));
    }

    /**
     * The estimate of which budgets hold no more than policy lets one request hold: requests ask for far more output than they get, and a few of them would
     * lock a small budget, of money or of tokens. Never less than the input and the expected output; what the caller says about the cost itself is taken as it is.
     *
     * @param charges   what the whole estimate is charged under the tenant's root
     * @param elsewhere what it is charged under other roots
     */
    Estimate bounded(
            Estimate whole,
            Policy policy,
            AdmissionRequest request,
            String model,
            List<Charge> charges,
            List<AdmissionRecord.Part> elsewhere) {
        // a batch is the sum of many requests, and not one that asks for more than it gets
        if (request.isBatch() || whole.source() != Source.REQUEST) {
            return whole;
        }
        boolean priced = request.estimatedCostUsd() == null && whole.cost().value() > 0;
        long tokensCap = smallestCap(LimitKind.TOKEN_BUDGET, charges, elsewhere);
        if (!priced && tokensCap == NONE) {
            return whole;
        }
        long expected = expectedOutput(policy, model);
        if (whole.outputTokens() <= expected) {
            return whole;
        }
        long counted = Math.min(whole.outputTokens(), Math.max(expected, config.maxEstimatedOutputTokens()));
        return whole.boundedTo(
                priced
                        ? mostMoney(whole, model, expected, counted, smallestCap(LimitKind.BUDGET, charges, elsewhere))
                        : whole.cost(),
                mostTokens(whole, expected, counted, tokensCap));
    }

    private NanoUsd mostMoney(Estimate whole, String model, long expected, long counted, long cap) {
        var most = counted < whole.outputTokens() ? price(model, whole.inputTokens(), counted) : whole.cost();
        long share = share(cap);
        return most.value() <= share
                ? most
                : new NanoUsd(Math.min(
                        most.value(),
                        Math.max(price(model, whole.inputTokens(), expected).value(), share)));
    }

    private long mostTokens(Estimate whole, long expected, long counted, long cap) {
        long most = Saturating.add(whole.inputTokens(), counted);
        return Math.min(most, Math.max(Saturating.add(whole.inputTokens(), expected), share(cap)));
    }

    private long expectedOutput(Policy policy, String model) {
        long observed = history.usual(policy.owner().keyId(), model);
        return observed == OutputHistory.UNKNOWN ? config.defaultOutputTokens() : observed;
    }

    private long share(long cap) {
        return cap == NONE ? cap : (long) (cap * config.maxEstimateShare());
    }

    private static long smallestCap(LimitKind kind, List<Charge> charges, List<AdmissionRecord.Part> elsewhere) {
        long smallest = smallestCap(kind, charges);
        for (var part : elsewhere) {
            smallest = Math.min(smallest, smallestCap(kind, part.charges()));
        }
        return smallest;
    }

    private static long smallestCap(LimitKind kind, List<Charge> charges) {
        long smallest = NONE;
        for (var charge : charges) {
            if (charge.limit().kind() == kind && charge.isCapped() && !charge.shadow()) {
                smallest = Math.min(smallest, charge.most());
            }
        }
        return smallest;
    }
}
