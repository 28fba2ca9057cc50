package io.tenantry.admission;

import io.tenantry.limits.engine.BucketRule;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitRef;
import java.time.Duration;

/**
 * A bucket waiting for its amount.
 *
 * @param field   the wire's name of what sets it
 * @param shadow  whether it is counted and never refuses
 * @param dynamic whether it refuses only while the model fails
 */
record ScopeRate(String field, LimitRef limit, BucketRule rule, boolean shadow, boolean dynamic) {

    Charge.Rate charge(Ask ask) {
        return new Charge.Rate(
                limit,
                amount(ask.estimate()),
                rule,
                shadow || (dynamic && !ask.failing().getAsBoolean()));
    }

    /** As {@link #charge}, for a rate that always refuses. */
    Charge.Rate charge(Estimate estimate) {
        return new Charge.Rate(limit, amount(estimate), rule);
    }

    /** Nothing is allowed of a rate of zero: also not to take nothing. */
    private long amount(Estimate estimate) {
        return rule.capacity() == 0 ? Math.max(1, used(estimate)) : used(estimate);
    }

    private long used(Estimate estimate) {
        return switch (limit.kind().counted) {
            case REQUESTS -> estimate.requests();
            case INPUT_TOKENS -> estimate.inputTokens();
            case OUTPUT_TOKENS -> estimate.outputTokens();
            default -> estimate.tokens();
        };
    }

    /** What is left of it when a budget is spent: this share, at least one. It always refuses. */
    ScopeRate throttled(double share) {
        long capacity = rule.capacity() == 0 ? 0 : Math.max(1, (long) (rule.capacity() * share));
        var kind = limit.kind().throttled();
        return new ScopeRate(
                field,
                new LimitRef(limit.scope(), limit.id(), kind, limit.model()),
                BucketRule.of(capacity, Duration.ofMinutes(1)),
                false,
                false);
    }
}
