package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import java.util.List;
import java.util.Map;

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
        var further = limits.further().shown();
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
                        limits.maxParallelRequests),
                further("tpd_limit", "Integer", "Tokens per day", further),
                further("model_max_budget", "Object", "What single models may cost, by model", further),
                further("model_itpm_limit", "Object", "Input tokens per minute, by model", further),
                further("model_otpm_limit", "Object", "Output tokens per minute, by model", further),
                further("budget_limits", "Object", "Caps beside the main one, each with its period", further),
                further("token_budget", "Integer", "Tokens in a period", further),
                further("request_budget", "Integer", "Requests in a period", further),
                further("budget_time_zone", "String", "Where the periods begin, such as Europe/Berlin", further),
                further(
                        "budget_rollover",
                        "Float",
                        "Unused budget in US dollars that the next period may have too",
                        further),
                further("shadow_limits", "Object", "Kinds of limits that are counted and never refuse", further));
    }

    private static BudgetSettingView further(
            String name, String type, String description, Map<String, Object> further) {
        return field(name, type, description, further.get(name));
    }

    private static BudgetSettingView field(String name, String type, String description, Object value) {
        return new BudgetSettingView(name, type, description, value, value != null, null, false, null);
    }
}
