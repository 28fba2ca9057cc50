package io.tenantry.admission;

import io.tenantry.core.NanoUsd;
import java.util.Optional;

/** What models cost. */
public interface PriceList {

    /** The price of so many tokens, rounded up to a whole nano-dollar; empty when the model has no price. */
    Optional<NanoUsd> priceOf(String model, long inputTokens, long outputTokens);
}
