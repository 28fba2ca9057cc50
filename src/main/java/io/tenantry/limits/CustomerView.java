package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetTableView;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;

/** A customer as clients read it. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CustomerView(
        String userId,
        String alias,
        boolean blocked,
        BigDecimal spend,
        String allowedModelRegion,
        String defaultModel,
        String budgetId,
        Instant budgetResetAt,
        BudgetTableView litellmBudgetTable,
        String objectPermissionId,
        Object objectPermission,
        Instant createdAt,
        String createdBy,
        Instant updatedAt,
        String updatedBy) {

    static CustomerView of(Customer customer, BudgetTerms budget, NanoUsd spend) {
        return new CustomerView(
                customer.endUserId,
                customer.alias,
                customer.blocked,
                spend.toUsd(),
                customer.allowedModelRegion,
                customer.defaultModel,
                customer.budgetId,
                budget == null ? null : BudgetReset.at(budget.limits(), Instant.now()),
                BudgetTableView.of(budget),
                null,
                null,
                customer.createdAt,
                customer.createdBy,
                customer.updatedAt,
                customer.updatedBy);
    }

    /** The answer to a deletion. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Deleted(int deletedCustomers, String message) {}

    /** The answer to blocking: the customers as they are now. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Blocked(List<CustomerView> blockedUsers) {}

    /** The answer to unblocking: those of the named ones that are blocked still. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record StillBlocked(List<String> blockedUsers) {}
}
