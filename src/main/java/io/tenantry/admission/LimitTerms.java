package io.tenantry.admission;

import io.tenantry.tenancy.FurtherLimits;
import java.time.Instant;
import java.util.Map;

/**
 * The limits of one level as they are stored; null is no limit. Rates per minute, money in nano-dollars.
 *
 * @param since when the level began to exist: no budget of a period before is carried over
 */
record LimitTerms(
        Long maxBudgetNano,
        Long softBudgetNano,
        String budgetDuration,
        Long tpm,
        Long rpm,
        Integer parallel,
        Map<String, Long> modelTpm,
        Map<String, Long> modelRpm,
        FurtherLimits further,
        Instant since) {

    static final LimitTerms NONE =
            new LimitTerms(null, null, null, null, null, null, Map.of(), Map.of(), FurtherLimits.NONE, Instant.EPOCH);

    LimitTerms {
        modelTpm = Map.copyOf(modelTpm);
        modelRpm = Map.copyOf(modelRpm);
    }

    /** These terms, each that is absent taken from a shared budget that is linked beside them. A cap brings its own period along. */
    LimitTerms orElse(LimitTerms linked) {
        boolean ownCap = maxBudgetNano != null || softBudgetNano != null;
        return new LimitTerms(
                maxBudgetNano != null ? maxBudgetNano : linked.maxBudgetNano,
                softBudgetNano != null ? softBudgetNano : linked.softBudgetNano,
                budgetDuration != null || ownCap ? budgetDuration : linked.budgetDuration,
                tpm != null ? tpm : linked.tpm,
                rpm != null ? rpm : linked.rpm,
                parallel != null ? parallel : linked.parallel,
                modelTpm,
                modelRpm,
                further.equals(FurtherLimits.NONE) ? linked.further : further,
                since);
    }
}
