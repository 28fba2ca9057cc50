package io.tenantry.admission;

import io.tenantry.tenancy.FurtherLimits;
import java.time.Instant;
import java.util.Map;

/**
 * The limits of one level as they are stored; null is no limit. Rates per minute, money in nano-dollars.
 *
 * @param since    when the level began to exist: no budget of a period before is carried over
 * @param version  the latest version of what they are written in
 * @param budgetId the budget record that these terms stand in; null when it is the level's own row
 * @param gaps     the shared budget that fills what is absent; null without one
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
        Instant since,
        long version,
        String budgetId,
        LimitTerms gaps) {

    LimitTerms {
        modelTpm = Map.copyOf(modelTpm);
        modelRpm = Map.copyOf(modelRpm);
    }

    /** These terms, each that is absent taken from a shared budget that is linked beside them. A cap brings its own period along. */
    LimitTerms orElse(LimitTerms linked) {
        if (linked.budgetId == null) {
            return this;
        }
        boolean ownCap = maxBudgetNano != null || softBudgetNano != null;
        var period = budgetDuration != null || ownCap ? budgetDuration : linked.budgetDuration;
        return new LimitTerms(
                maxBudgetNano != null ? maxBudgetNano : linked.maxBudgetNano,
                softBudgetNano != null ? softBudgetNano : linked.softBudgetNano,
                period,
                tpm != null ? tpm : linked.tpm,
                rpm != null ? rpm : linked.rpm,
                parallel != null ? parallel : linked.parallel,
                modelTpm,
                modelRpm,
                further.orElse(linked.further),
                since,
                version,
                budgetId,
                new LimitTerms(
                        maxBudgetNano == null ? linked.maxBudgetNano : null,
                        null,
                        ownCap ? linked.budgetDuration : period,
                        tpm == null ? linked.tpm : null,
                        rpm == null ? linked.rpm : null,
                        parallel == null ? linked.parallel : null,
                        Map.of(),
                        Map.of(),
                        linked.further.without(further),
                        since,
                        version,
                        linked.budgetId,
                        null));
    }

    /** The period of the budget that a field sets: a shared budget's own, where the period of these terms belongs to their own cap. */
    String periodOf(String field) {
        return gaps != null && gaps.has(field) ? gaps.budgetDuration : budgetDuration;
    }

    /** Where a field stands, in words: {@code team}, or {@code budget 'tier-1'}. */
    String originOf(String field, String level) {
        if (gaps != null && gaps.has(field)) {
            return "budget '" + gaps.budgetId + "'";
        }
        return budgetId == null ? level : level + ", in budget '" + budgetId + "'";
    }

    private boolean has(String field) {
        return switch (field) {
            case "rpm_limit" -> rpm != null;
            case "tpm_limit" -> tpm != null;
            case "max_parallel_requests" -> parallel != null;
            case "max_budget" -> maxBudgetNano != null;
            default -> further.shown().containsKey(field);
        };
    }
}
