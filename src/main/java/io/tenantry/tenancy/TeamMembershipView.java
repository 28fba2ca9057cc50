package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;

/**
 * What a member may spend in a team and has spent.
 *
 * @param spend        in the current period
 * @param totalSpend   ever
 * @param budgetSource {@code team_default}, {@code custom} or {@code none}; absent in answers to writes
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamMembershipView(
        @NotNull String userId,
        @NotNull String teamId,
        String budgetId,
        @NotNull BigDecimal spend,
        BigDecimal totalSpend,
        BudgetTableView litellmBudgetTable,
        @JsonInclude(JsonInclude.Include.NON_NULL) String budgetSource) {

    static TeamMembershipView of(
            TeamMembership membership, BudgetTerms terms, NanoUsd spend, NanoUsd totalSpend, String budgetSource) {
        return new TeamMembershipView(
                membership.userId,
                membership.teamId,
                terms == null ? null : terms.budgetId(),
                spend.toUsd(),
                totalSpend.toUsd(),
                BudgetTableView.of(terms, membership),
                budgetSource);
    }
}
