package io.tenantry.admission;

import java.util.Map;

/** The limits of one level as they are stored; null is no limit. Rates per minute, money in nano-dollars. */
record LimitTerms(
        Long maxBudgetNano,
        Long softBudgetNano,
        String budgetDuration,
        Long tpm,
        Long rpm,
        Integer parallel,
        Map<String, Long> modelTpm,
        Map<String, Long> modelRpm) {

    static final LimitTerms NONE = new LimitTerms(null, null, null, null, null, null, Map.of(), Map.of());

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
                modelRpm);
    }
}
