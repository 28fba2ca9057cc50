package io.tenantry.admission;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Saturating;

/**
 * What a request may use: taken before the call, replaced by the actual use afterwards.
 *
 * @param outputTokens taken from token rates, whole also where the money is bounded: rates refill, budgets do not
 * @param source       where the number of output tokens comes from
 * @param bounded      whether the money is less than these tokens cost, so that one request cannot lock a small budget
 */
record Estimate(long inputTokens, long outputTokens, NanoUsd cost, Source source, boolean bounded) {

    /** Where the number of output tokens comes from. */
    enum Source {
        REQUEST("request"),
        OBSERVED("observed"),
        DEFAULT("default");

        final String wire;

        Source(String wire) {
            this.wire = wire;
        }

        static Source ofWire(String wire) {
            for (var source : values()) {
                if (source.wire.equals(wire)) {
                    return source;
                }
            }
            return DEFAULT;
        }
    }

    long tokens() {
        return Saturating.add(inputTokens, outputTokens);
    }

    Estimate boundedTo(NanoUsd less) {
        return new Estimate(inputTokens, outputTokens, less, source, true);
    }
}
