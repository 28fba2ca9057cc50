package io.tenantry.admission;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Saturating;
import java.util.List;

/**
 * What a request may use: taken before the call, replaced by the actual use afterwards.
 *
 * @param outputTokens taken from token rates, whole also where the money is bounded: rates refill, budgets do not
 * @param source       where the number of output tokens comes from
 * @param bounded      whether budgets hold less than these tokens are and cost, so that one request cannot lock a small one
 * @param requests     how many requests it stands for: more than one for batch work
 * @param heldTokens   taken from budgets of tokens. What was taken stands in the charges, so it is not kept
 */
public record Estimate(
        long inputTokens,
        long outputTokens,
        NanoUsd cost,
        Source source,
        boolean bounded,
        long requests,
        long heldTokens) {

    Estimate(long inputTokens, long outputTokens, NanoUsd cost, Source source, boolean bounded, long requests) {
        this(inputTokens, outputTokens, cost, source, bounded, requests, Saturating.add(inputTokens, outputTokens));
    }

    Estimate(long inputTokens, long outputTokens, NanoUsd cost, Source source, boolean bounded) {
        this(inputTokens, outputTokens, cost, source, bounded, 1);
    }

    /** Where the number of output tokens comes from. */
    public enum Source {
        REQUEST("request"),
        OBSERVED("observed"),
        DEFAULT("default");

        final String wire;

        Source(String wire) {
            this.wire = wire;
        }

        private static final List<Source> ALL = List.of(values());

        static Source of(long ordinal) {
            return ALL.get((int) ordinal);
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

    /** Whether it stands for several requests, so that it tells nothing about one. */
    public boolean isBatch() {
        return requests > 1;
    }

    long tokens() {
        return Saturating.add(inputTokens, outputTokens);
    }

    /** The same use, of which budgets hold no more than this. */
    Estimate boundedTo(NanoUsd mostMoney, long mostTokens) {
        boolean isLess = mostMoney.value() < cost.value() || mostTokens < heldTokens;
        return isLess
                ? new Estimate(
                        inputTokens,
                        outputTokens,
                        new NanoUsd(Math.min(mostMoney.value(), cost.value())),
                        source,
                        true,
                        requests,
                        Math.min(mostTokens, heldTokens))
                : this;
    }
}
