package io.tenantry.admission;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Saturating;

/** What a request may use: taken before the call, replaced by the actual use afterwards. */
record Estimate(long inputTokens, long outputTokens, NanoUsd cost) {

    long tokens() {
        return Saturating.add(inputTokens, outputTokens);
    }
}
