package io.tenantry.usage;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.enterprise.context.ApplicationScoped;

/** What a use costs: as the caller says, else by the price list. */
@ApplicationScoped
class Costs {

    private final PriceFile prices;

    Costs(PriceFile prices) {
        this.prices = prices;
    }

    /** Fails with MODEL_UNPRICED when nobody knows. */
    NanoUsd of(Used used, String model) {
        if (used.costUsd() != null) {
            return NanoUsd.ofUsd(used.costUsd());
        }
        if (used.isNothing()) {
            return NanoUsd.ZERO;
        }
        return prices.priceOf(model, used.inputTokens(), used.tokensPricedAsOutput())
                .orElseThrow(() -> Problem.of(ProblemCode.MODEL_UNPRICED)
                        .param("cost_usd")
                        .detail(
                                "Model '%s' has no price: send cost_usd, or add the model to tenantry.prices.file",
                                model));
    }

    /** Who offers the model; empty text when the price list does not say. */
    String providerOf(String model) {
        return prices.providerOf(model);
    }
}
