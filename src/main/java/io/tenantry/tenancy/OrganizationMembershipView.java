package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;

/**
 * A user's role in an organization, as clients read it.
 *
 * @param user the user itself where it was loaded, else null
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record OrganizationMembershipView(
        @NotNull String userId,
        @NotNull String organizationId,
        @NotNull String userRole,
        @NotNull BigDecimal spend,
        String budgetId,
        Instant createdAt,
        Instant updatedAt,
        UserView user,
        BudgetTableView litellmBudgetTable,
        String userEmail) {

    static OrganizationMembershipView of(OrganizationMember member, BudgetTerms terms, NanoUsd spend, UserView user) {
        var membership = member.membership();
        return new OrganizationMembershipView(
                membership.userId,
                membership.organizationId,
                membership.userRole,
                spend.toUsd(),
                membership.budgetId,
                membership.createdAt,
                membership.updatedAt,
                user,
                BudgetTableView.of(terms),
                member.user().userEmail);
    }
}
