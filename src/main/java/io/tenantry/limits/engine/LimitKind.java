package io.tenantry.limits.engine;

/** What a limit counts. */
public enum LimitKind {
    REQUESTS("requests", Counted.REQUESTS, 1),
    TOKENS("tokens", Counted.TOKENS, 2),
    INPUT_TOKENS("input_tokens", Counted.INPUT_TOKENS, 3),
    OUTPUT_TOKENS("output_tokens", Counted.OUTPUT_TOKENS, 4),
    TOKENS_PER_DAY("tokens_per_day", Counted.TOKENS, 5),
    INPUT_TOKENS_PER_DAY("input_tokens_per_day", Counted.INPUT_TOKENS, 6),
    OUTPUT_TOKENS_PER_DAY("output_tokens_per_day", Counted.OUTPUT_TOKENS, 7),

    /** What is left of the rates of a key whose budget is spent: buckets beside the key's own, so that they begin full. */
    THROTTLED_REQUESTS("requests", Counted.REQUESTS, 8),
    THROTTLED_TOKENS("tokens", Counted.TOKENS, 9),
    THROTTLED_INPUT_TOKENS("input_tokens", Counted.INPUT_TOKENS, 10),
    THROTTLED_OUTPUT_TOKENS("output_tokens", Counted.OUTPUT_TOKENS, 11),

    /** Of one tag, which stands where other kinds have a model. */
    TAG_REQUESTS("requests", Counted.REQUESTS, 12),
    PARALLEL("max_parallel_requests", Counted.SLOTS, 32),
    BUDGET("budget", Counted.MONEY, 48),
    TOKEN_BUDGET("token_budget", Counted.TOKENS, 49),
    REQUEST_BUDGET("request_budget", Counted.REQUESTS, 50);

    /** The unit of a limit's amounts. */
    public enum Counted {
        REQUESTS,
        TOKENS,
        INPUT_TOKENS,
        OUTPUT_TOKENS,
        SLOTS,
        MONEY
    }

    /** The word in answers, headers and metrics. */
    public final String wire;

    public final Counted counted;

    /** The number in a balance, see {@code balance.v3.lua}: a published format. */
    final int tag;

    LimitKind(String wire, Counted counted, int tag) {
        this.wire = wire;
        this.counted = counted;
        this.tag = tag;
    }

    static LimitKind ofTag(int tag) {
        for (var kind : values()) {
            if (kind.tag == tag) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no kind of limit has the number " + tag);
    }

    /** Whether it is a rate of tokens, of whichever, a minute. */
    public boolean isTokensAMinute() {
        return switch (this) {
            case TOKENS,
                    INPUT_TOKENS,
                    OUTPUT_TOKENS,
                    THROTTLED_TOKENS,
                    THROTTLED_INPUT_TOKENS,
                    THROTTLED_OUTPUT_TOKENS -> true;
            default -> false;
        };
    }

    /** Whether it is what is left of a rate when a budget is spent. */
    public boolean isThrottled() {
        return switch (this) {
            case THROTTLED_REQUESTS, THROTTLED_TOKENS, THROTTLED_INPUT_TOKENS, THROTTLED_OUTPUT_TOKENS -> true;
            default -> false;
        };
    }

    /** The kind that takes this rate's place beside it when a budget is spent. Only for rates a minute. */
    public LimitKind throttled() {
        return switch (this) {
            case REQUESTS -> THROTTLED_REQUESTS;
            case TOKENS -> THROTTLED_TOKENS;
            case INPUT_TOKENS -> THROTTLED_INPUT_TOKENS;
            case OUTPUT_TOKENS -> THROTTLED_OUTPUT_TOKENS;
            default -> throw new IllegalArgumentException(name());
        };
    }
}
