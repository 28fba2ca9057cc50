package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import java.util.List;

/** One field of a budget as a form shows it. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BudgetSettingView(
        String fieldName,
        String fieldType,
        String fieldDescription,
        Object fieldValue,
        boolean storedInDb,
        Object fieldDefaultValue,
        boolean premiumField,
        List<Object> nestedFields) {

    /** All fields that can be set, with the values of this budget. */
    static List<BudgetSettingView> of(Budget budget) {
        var limits = budget.limitsOrNone();
        return List.of(
                field("max_budget", "Float", "Hard cap in US dollars", NanoUsd.usdOrNull(limits.maxBudgetNano)),
                field(
                        "soft_budget",
                        "Float",
                        "Amount in US dollars that is reported and refuses nothing",
                        NanoUsd.usdOrNull(limits.softBudgetNano)),
                field(
                        "budget_duration",
                        "String",
                        "Length of the period after which spending starts anew, such as 1d or 1mo",
                        limits.budgetDuration),
                field("tpm_limit", "Integer", "Tokens per minute", limits.tpmLimit),
                field("rpm_limit", "Integer", "Requests per minute", limits.rpmLimit),
                field(
                        "max_parallel_requests",
                        "Integer",
                        "Requests under way at the same time",
                        limits.maxParallelRequests));
    }

    private static BudgetSettingView field(String name, String type, String description, Object value) {
        return new BudgetSettingView(name, type, description, value, value != null, null, false, null);
    }
}
