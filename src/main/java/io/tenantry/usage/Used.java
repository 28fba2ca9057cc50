package io.tenantry.usage;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.math.BigDecimal;

/**
 * What a call used, as its caller says.
 *
 * @param totalTokens never less than input and output together; what is neither (reasoning that is billed apart, an unknown split) is priced as output
 * @param costUsd     null when the price list is to tell
 * @param status      {@link #SUCCESS}, {@link #FAILURE} or {@link #CANCELLED}
 */
record Used(long inputTokens, long outputTokens, long totalTokens, BigDecimal costUsd, String status, boolean partial) {

    static final String SUCCESS = "success";
    static final String FAILURE = "failure";
    static final String CANCELLED = "cancelled";

    /** As a pattern for request validation. */
    static final String STATUS_PATTERN = "success|failure|cancelled";

    static final String STATUS_RULE = "must be success, failure or cancelled";

    /** More than any model takes; keeps sums and prices far from overflow. */
    static final long MOST_TOKENS = 1_000_000_000;

    /** From a request's fields, each of which may be absent. Fails with INVALID_VALUE when the tokens contradict each other. */
    static Used of(Long input, Long output, Long total, BigDecimal costUsd, String status, Boolean partial) {
        long in = input == null ? 0 : input;
        long out = output == null ? 0 : output;
        if (total != null && total < in + out) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("total_tokens")
                    .detail(
                            "total_tokens %d is less than input_tokens %d and output_tokens %d together",
                            total, in, out);
        }
        return new Used(
                in,
                out,
                total == null ? in + out : total,
                costUsd,
                status == null ? SUCCESS : status,
                Boolean.TRUE.equals(partial));
    }

    /** A call that came to nothing: it costs nothing, whatever its model. */
    boolean isNothing() {
        return !SUCCESS.equals(status) && totalTokens == 0;
    }

    long tokensPricedAsOutput() {
        return totalTokens - inputTokens;
    }
}
