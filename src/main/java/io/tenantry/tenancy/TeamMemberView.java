package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The answer to {@code /team/member_update}: what counts for the member now. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamMemberView(
        String userId,
        String userEmail,
        String teamId,
        String role,
        BigDecimal maxBudgetInTeam,
        BigDecimal softBudget,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        String budgetDuration,
        List<String> allowedModels,
        BigDecimal tempBudgetIncrease,
        Instant tempBudgetExpiry,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    static TeamMemberView of(TeamMembership membership, String userEmail, BudgetTerms terms) {
        var limits = terms == null ? new LimitColumns() : terms.limits();
        return new TeamMemberView(
                membership.userId,
                userEmail,
                membership.teamId,
                membership.role,
                NanoUsd.usdOrNull(limits.maxBudgetNano),
                NanoUsd.usdOrNull(limits.softBudgetNano),
                limits.tpmLimit,
                limits.rpmLimit,
                limits.maxParallelRequests,
                limits.budgetDuration,
                membership.models,
                NanoUsd.usdOrNull(membership.tempBudgetIncreaseNano),
                membership.tempBudgetExpiresAt,
                limits.further().shown());
    }
}
