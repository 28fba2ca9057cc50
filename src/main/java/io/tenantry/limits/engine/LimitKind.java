package io.tenantry.limits.engine;

/** What a limit counts. */
public enum LimitKind {
    REQUESTS("requests"),
    TOKENS("tokens"),
    PARALLEL("max_parallel_requests"),
    BUDGET("budget");

    /** The word in answers, headers and metrics. */
    public final String wire;

    LimitKind(String wire) {
        this.wire = wire;
    }
}
