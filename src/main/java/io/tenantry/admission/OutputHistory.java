package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/**
 * How long the answers of each key's requests to each model were, as this instance has seen it settled: what a request is expected to use
 * when it does not say. Bounded; forgotten with a restart.
 */
@ApplicationScoped
public class OutputHistory {

    /** There are too few answers to tell. */
    static final long UNKNOWN = -1;

    private final AdmissionConfig config;
    private final Cache<Pair, OutputDistribution> seen;

    private record Pair(UUID keyId, String model) {}

    OutputHistory(AdmissionConfig config) {
        this.config = config;
        this.seen = Caffeine.newBuilder().maximumSize(config.observedOutputs()).build();
    }

    /** A whole answer of so many tokens was settled. */
    public void observe(UUID keyId, String model, long outputTokens) {
        seen.get(new Pair(keyId, model), pair -> new OutputDistribution()).add(outputTokens);
    }

    /** The configured percentile of the answers, or {@link #UNKNOWN}. */
    long usual(UUID keyId, String model) {
        var answers = seen.getIfPresent(new Pair(keyId, model));
        return answers == null || answers.samples() < config.observedLeastSamples()
                ? UNKNOWN
                : answers.percentile(config.observedPercentile());
    }
}
