package io.tenantry.admission;

/** Why a request may not pass. What waiting cures and what it does not are kept apart: a proxy acts differently. */
public enum RefusalReason {
    UNKNOWN_KEY("unknown_key", 401, "token_not_found_in_db", "key"),
    EXPIRED_KEY("expired_key", 401, "expired_key", "key"),
    BLOCKED("blocked", 401, "auth_error", null),
    ROUTE_NOT_ALLOWED("route_not_allowed", 403, "auth_error", null),
    MODEL_NOT_ALLOWED("model_not_allowed", 403, "key_model_access_denied", "model"),
    /** A vector store, MCP server, tool, agent or skill that the object permission of a level leaves out. */
    OBJECT_NOT_ALLOWED("object_not_allowed", 403, "tool_access_denied", "objects"),
    REGION_NOT_ALLOWED("region_not_allowed", 403, "auth_error", "model"),
    /** More tokens than the key's user may send or ask for in one request. */
    TOKENS_NOT_ALLOWED("tokens_not_allowed", 400, "bad_request_error", null),
    /** Waiting helps; {@code retry_after_ms} says how long. */
    RATE_LIMITED("rate_limited", 429, "throttling_error", null),
    /** Larger than the limit itself: waiting never helps. */
    TOO_LARGE("request_too_large", 429, "throttling_error", null),
    /** Batch work of which a part is taken: asking again under the same id goes on. */
    BATCH_PENDING("batch_pending", 429, "throttling_error", null),
    PARALLEL_LIMITED("parallel_limited", 429, "throttling_error", null),
    BUDGET_EXCEEDED("budget_exceeded", 429, "budget_exceeded", null),
    /** The limits could not be checked and the configuration says not to pass unchecked. */
    LIMITS_UNAVAILABLE("limits_unavailable", 503, "limit_store_unavailable", null);

    public final String wire;

    /** What the proxy should answer its client with. */
    public final int status;

    public final String type;
    public final String param;

    RefusalReason(String wire, int status, String type, String param) {
        this.wire = wire;
        this.status = status;
        this.type = type;
        this.param = param;
    }
}
