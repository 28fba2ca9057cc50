package io.tenantry.limits;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Patch;
import io.tenantry.tenancy.FurtherLimits;
import io.tenantry.tenancy.LimitColumns;
import java.math.BigDecimal;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What an update says about limits, field by field.
 *
 * @param others the request's other fields, among them those of {@link FurtherLimits}
 */
record LimitPatch(
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Map<String, Object> others) {

    LimitPatch {
        others = others == null ? Map.of() : others;
    }

    /** Whether any field is in the request. */
    boolean isPresent() {
        return fields().anyMatch(Patch::isPresent)
                || FurtherLimits.FIELDS.stream().anyMatch(others::containsKey);
    }

    /** Whether any field sets a limit, rather than clearing it. */
    boolean sets() {
        return fields().anyMatch(field -> field.orNull() != null)
                || FurtherLimits.FIELDS.stream().anyMatch(field -> others.get(field) != null);
    }

    private Stream<Patch<?>> fields() {
        return Stream.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests);
    }

    /** The limits afterwards. Fails as {@link LimitColumns#of} does, also where a new value contradicts one that stays. */
    LimitColumns over(LimitColumns current) {
        var limits = LimitColumns.of(
                maxBudget.over(NanoUsd.usdOrNull(current.maxBudgetNano)),
                softBudget.over(NanoUsd.usdOrNull(current.softBudgetNano)),
                budgetDuration.over(current.budgetDuration),
                tpmLimit.over(current.tpmLimit),
                rpmLimit.over(current.rpmLimit),
                maxParallelRequests.over(current.maxParallelRequests));
        limits.furtherLimits = current.furtherLimits;
        return limits.withFurther(others);
    }
}
