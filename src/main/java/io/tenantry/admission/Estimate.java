package io.tenantry.admission;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Saturating;
import java.util.List;

/**
 * What a request may use: taken before the call, replaced by the actual use afterwards.
 *
 * @param outputTokens taken from token rates, whole also where the money is bounded: rates refill, budgets do not
 * @param source       where the number of output tokens comes from
 * @param bounded      whether the money is less than these tokens cost, so that one request cannot lock a small budget
 * @param requests     how many requests it stands for: more than one for batch work
 */
public record Estimate(
        long inputTokens, long outputTokens, NanoUsd cost, Source source, boolean bounded, long requests) {

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

    Estimate boundedTo(NanoUsd less) {
        return new Estimate(inputTokens, outputTokens, less, source, true, requests);
    }
}
