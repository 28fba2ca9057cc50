package io.tenantry.tenancy;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Map;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/**
 * The limits that a team, a user, a key or a budget carries. Null is no limit, zero is nothing allowed. Money in nano-dollars, rates per
 * minute.
 */
@Embeddable
public class LimitColumns {

    /** The largest cap: what Redis' scripts can still compare exactly ({@code 2^53} nano-dollars). */
    public static final BigDecimal MOST_USD = new BigDecimal("9000000");

    /** The largest rate: a hundred billion a minute. Beyond, a bucket's arithmetic would not be exact. */
    public static final long MOST_PER_MINUTE = 100_000_000_000L;

    @Column(name = "max_budget_nano")
    public Long maxBudgetNano;

    @Column(name = "soft_budget_nano")
    public Long softBudgetNano;

    @Column(name = "budget_duration")
    public String budgetDuration;

    @Column(name = "tpm_limit")
    public Long tpmLimit;

    @Column(name = "rpm_limit")
    public Long rpmLimit;

    @Column(name = "max_parallel_requests")
    public Integer maxParallelRequests;

    /** {@link FurtherLimits} as stored; null says nothing. */
    @Column(name = "further_limits")
    @JdbcTypeCode(SqlTypes.JSON)
    public Map<String, Object> furtherLimits;

    /** From the wire's values. Fails naming the first field that is negative, too large, unreadable or contradictory. */
    public static LimitColumns of(
            BigDecimal maxBudget,
            BigDecimal softBudget,
            String budgetDuration,
            Long tpmLimit,
            Long rpmLimit,
            Integer maxParallelRequests) {
        requireMoney("max_budget", maxBudget);
        requireMoney("soft_budget", softBudget);
        requireRate("tpm_limit", tpmLimit);
        requireRate("rpm_limit", rpmLimit);
        requireRate("max_parallel_requests", maxParallelRequests == null ? null : maxParallelRequests.longValue());
        if (budgetDuration != null) {
            BudgetPeriod.parse(budgetDuration, "budget_duration");
        }
        if (maxBudget != null && softBudget != null && softBudget.compareTo(maxBudget) >= 0) {
            throw Problem.of(ProblemCode.BUDGET_CONFLICT)
                    .param("soft_budget")
                    .detail("soft_budget must be lower than max_budget");
        }
        var columns = new LimitColumns();
        columns.maxBudgetNano = NanoUsd.nanosOrNull(maxBudget);
        columns.softBudgetNano = NanoUsd.nanosOrNull(softBudget);
        columns.budgetDuration = budgetDuration;
        columns.tpmLimit = tpmLimit;
        columns.rpmLimit = rpmLimit;
        columns.maxParallelRequests = maxParallelRequests;
        return columns;
    }

    /** Fails with NEGATIVE_LIMIT or INVALID_VALUE naming the field; absent is fine. */
    public static void requireRate(String field, Long value) {
        if (value != null && value < 0) {
            throw negative(field);
        }
        if (value != null && value > MOST_PER_MINUTE) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(field)
                    .detail("%s must be %d at most", field, MOST_PER_MINUTE);
        }
    }

    /** Fails with NOT_ENFORCED naming the first name that is a pattern: limits of models are found by their names, so nothing would be limited. */
    static void requireSingleModels(String field, Collection<String> models) {
        models.stream()
                .filter(model -> model.contains("*"))
                .sorted()
                .findFirst()
                .ifPresent(pattern -> {
                    throw Problem.of(ProblemCode.NOT_ENFORCED)
                            .param(field + "." + pattern)
                            .detail(
                                    "%s.%s is a pattern: limits are for single models, it would be stored and not enforced, so it is refused. Name each model, or limit all of them",
                                    field, pattern);
                });
    }

    /** As {@link #requireRate} for an amount in US dollars. */
    public static void requireMoney(String field, BigDecimal value) {
        if (value != null && value.signum() < 0) {
            throw negative(field);
        }
        if (value != null && value.compareTo(MOST_USD) > 0) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(field)
                    .detail("%s must be %s US dollars at most", field, MOST_USD.toPlainString());
        }
    }

    private static Problem negative(String field) {
        return Problem.of(ProblemCode.NEGATIVE_LIMIT)
                .param(field)
                .detail("%s must not be negative: null means no limit, 0 means nothing is allowed", field);
    }

    /** These limits with what a request says about the further ones. */
    public LimitColumns withFurther(Map<String, Object> request) {
        furtherLimits = further().after(request).stored();
        return this;
    }

    public FurtherLimits further() {
        return FurtherLimits.ofStored(furtherLimits);
    }

    /** Equal limits that can be changed by themselves. */
    public LimitColumns copy() {
        var copy = new LimitColumns();
        copy.maxBudgetNano = maxBudgetNano;
        copy.softBudgetNano = softBudgetNano;
        copy.budgetDuration = budgetDuration;
        copy.tpmLimit = tpmLimit;
        copy.rpmLimit = rpmLimit;
        copy.maxParallelRequests = maxParallelRequests;
        copy.furtherLimits = furtherLimits;
        return copy;
    }

    public boolean isEmpty() {
        return maxBudgetNano == null
                && softBudgetNano == null
                && budgetDuration == null
                && tpmLimit == null
                && rpmLimit == null
                && maxParallelRequests == null
                && furtherLimits == null;
    }

    /** The window of {@code budget_duration} that runs now; the lifetime without one. */
    public BudgetPeriod.Window windowNow() {
        var zone = further().timeZone();
        return BudgetPeriod.windowAt(budgetDuration, Instant.now(), zone == null ? ZoneOffset.UTC : zone);
    }
}
