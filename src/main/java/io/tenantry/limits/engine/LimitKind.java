package io.tenantry.limits.engine;

/** What a limit counts. */
public enum LimitKind {
    REQUESTS("requests", 1),
    TOKENS("tokens", 2),
    INPUT_TOKENS("input_tokens", 3),
    OUTPUT_TOKENS("output_tokens", 4),
    TOKENS_PER_DAY("tokens_per_day", 5),
    PARALLEL("max_parallel_requests", 32),
    BUDGET("budget", 48),
    TOKEN_BUDGET("token_budget", 49),
    REQUEST_BUDGET("request_budget", 50);

    /** The word in answers, headers and metrics. */
    public final String wire;

    /** The number in a balance, see {@code balance.v2.lua}: a published format. */
    final int tag;

    LimitKind(String wire, int tag) {
        this.wire = wire;
        this.tag = tag;
    }
}
