package io.tenantry.admission;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.tenantry.tenancy.CountedTokens;
import java.time.Duration;
import java.util.Optional;

/** The decision. */
@ConfigMapping(prefix = "tenantry.admission")
public interface AdmissionConfig {

    /** How long an admission may stay unsettled before its slots and money are free again. Longer than the slowest answer of a model. */
    @WithDefault("15m")
    Duration lease();

    /** How long an ended admission is remembered: a settlement within it still corrects rates, a repeated request gets the first answer. */
    @WithDefault("15m")
    Duration memory();

    /** Output tokens taken for a request that names no {@code max_output_tokens}, as long as too few answers of its key and model were seen. */
    @WithDefault("1024")
    long defaultOutputTokens();

    /** Pairs of key and model whose answers are remembered for estimates. About 500 bytes each. */
    @WithDefault("20000")
    long observedOutputs();

    /** The share of a pair's answers that its estimate covers. Higher holds more, lower is exceeded more often. */
    @WithDefault("0.9")
    double observedPercentile();

    /** Answers that must have been seen before the estimate follows them. */
    @WithDefault("20")
    int observedLeastSamples();

    /** Output tokens of one request that count in budgets at most, unless answers are usually longer. Token rates are taken whole in any case. */
    @WithDefault("16384")
    long maxEstimatedOutputTokens();

    /** The share of the smallest budget that one request's {@code max_output_tokens} may hold. Never less than its usual answer costs. 1 is no bound. */
    @WithDefault("0.25")
    double maxEstimateShare();

    /** The share of a bucket, above 0 and at most 1, that a part of batch work leaves nothing of: the rest is for requests that cannot wait. */
    @WithDefault("0.5")
    double batchShare();

    /** How long batch work that is not complete may go on: what it has taken by then is remembered no longer. */
    @WithDefault("24h")
    Duration batchMemory();

    /** Which tokens {@code tpm_limit}, {@code model_tpm_limit} and {@code tpd_limit} count where {@code tpm_limit_counts} does not say it. */
    @WithDefault("total")
    CountedTokens tokenRateLimitType();

    /** The share of its rates, above 0 and at most 1, that a key with {@code throttle_on_budget_exceeded} keeps when its budget is spent. */
    @WithDefault("0.1")
    double budgetExceededThrottlePercentage();

    /** Failures of a model within a minute, over all instances, from which on limits of the type {@code dynamic} are enforced. */
    @WithDefault("1")
    int dynamicLimitFailures();

    /** Policies kept in memory, one a key. About 2 KB each. */
    @WithDefault("100000")
    int cachedPolicies();

    /** Own open admissions kept in memory, so that their settlement needs no look-up. 400 bytes each. */
    @WithDefault("50000")
    int rememberedAdmissions();

    /**
     * Policies that may wait to be read from the database, some hundred with one statement. About 1 KB each. Enough for all keys of a large organization
     * after it was changed; beyond it, 503: a flood of unknown keys must not fill a queue.
     */
    @WithDefault("10000")
    int concurrentLoads();

    /** How long reading a policy may take. */
    @WithDefault("2s")
    Duration loadTimeout();

    /** While Redis cannot confirm a policy, it is read from the database again when it is older than this. */
    @WithDefault("1s")
    Duration unconfirmedPolicyAge();

    /** End users and tags kept in memory. About 500 bytes each. */
    @WithDefault("100000")
    int cachedNamedScopes();

    /** The shared budget that applies to every end user without one of its own, registered or not. None when absent. */
    Optional<String> defaultCustomerBudgetId();

    /** The shared budget that all requests of all tenants draw from together. None when absent; one costs each admission a call to Redis. */
    Optional<String> globalBudgetId();
}
