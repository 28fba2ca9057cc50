package io.tenantry.tenancy;

import io.tenantry.core.NanoUsd;
import io.tenantry.core.Patch;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What an update says about limits, field by field.
 *
 * @param others the request's other fields, among them those of {@link FurtherLimits}
 */
public record LimitPatch(
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Map<String, Object> others) {

    public LimitPatch {
        others = others == null ? Map.of() : others;
    }

    /** What somebody new is given: null is absent there, since nothing is there that could be cleared. */
    static LimitPatch given(
            BigDecimal maxBudget,
            BigDecimal softBudget,
            String budgetDuration,
            Long tpmLimit,
            Long rpmLimit,
            Integer maxParallelRequests,
            Map<String, Object> others) {
        var further = new HashMap<>(others == null ? Map.<String, Object>of() : others);
        further.values().removeIf(Objects::isNull);
        return new LimitPatch(
                unlessNull(maxBudget),
                unlessNull(softBudget),
                unlessNull(budgetDuration),
                unlessNull(tpmLimit),
                unlessNull(rpmLimit),
                unlessNull(maxParallelRequests),
                further);
    }

    private static <T> Patch<T> unlessNull(T value) {
        return value == null ? Patch.absent() : Patch.to(value);
    }

    /** Whether any field is in the request. */
    public boolean isPresent() {
        return fields().anyMatch(Patch::isPresent)
                || FurtherLimits.FIELDS.stream().anyMatch(others::containsKey);
    }

    /** Whether any field sets a limit, rather than clearing it. */
    public boolean sets() {
        return fields().anyMatch(field -> field.orNull() != null)
                || FurtherLimits.FIELDS.stream().anyMatch(field -> others.get(field) != null);
    }

    private Stream<Patch<?>> fields() {
        return Stream.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests);
    }

    /** The limits as they will be. Fails naming the first field that is negative, too large, unreadable or contradictory. */
    public LimitColumns over(LimitColumns current) {
        var named = LimitColumns.of(
                maxBudget.over(NanoUsd.usdOrNull(current.maxBudgetNano)),
                softBudget.over(NanoUsd.usdOrNull(current.softBudgetNano)),
                budgetDuration.over(current.budgetDuration),
                tpmLimit.over(current.tpmLimit),
                rpmLimit.over(current.rpmLimit),
                maxParallelRequests.over(current.maxParallelRequests));
        var changed = current.copy();
        changed.maxBudgetNano = named.maxBudgetNano;
        changed.softBudgetNano = named.softBudgetNano;
        changed.budgetDuration = named.budgetDuration;
        changed.tpmLimit = named.tpmLimit;
        changed.rpmLimit = named.rpmLimit;
        changed.maxParallelRequests = named.maxParallelRequests;
        return changed.withFurther(others);
    }

    /** The same with another patch's fields where this one has none. */
    LimitPatch orElse(LimitPatch other) {
        return new LimitPatch(
                first(maxBudget, other.maxBudget),
                first(softBudget, other.softBudget),
                first(budgetDuration, other.budgetDuration),
                first(tpmLimit, other.tpmLimit),
                first(rpmLimit, other.rpmLimit),
                first(maxParallelRequests, other.maxParallelRequests),
                others.isEmpty() ? other.others : others);
    }

    private static <T> Patch<T> first(Patch<T> one, Patch<T> other) {
        return one.isPresent() ? one : other;
    }
}
