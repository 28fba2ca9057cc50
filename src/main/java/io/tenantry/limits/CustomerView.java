package io.tenantry.limits;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.BudgetTableView;
import io.tenantry.tenancy.ObjectPermission;
import io.tenantry.tenancy.ObjectPermissionView;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A customer as clients read it. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CustomerView(
        @NotNull String userId,
        String alias,
        boolean blocked,
        @NotNull BigDecimal spend,
        String allowedModelRegion,
        String defaultModel,
        String budgetId,
        Instant budgetResetAt,
        BudgetTableView litellmBudgetTable,
        String objectPermissionId,
        ObjectPermissionView objectPermission,
        @NotNull Instant createdAt,
        String createdBy,
        @NotNull Instant updatedAt,
        String updatedBy) {

    static CustomerView of(Customer customer, BudgetTerms budget, ObjectPermission permission, NanoUsd spend) {
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
                customer.objectPermissionId,
                ObjectPermissionView.of(permission),
                customer.createdAt,
                customer.createdBy,
                customer.updatedAt,
                customer.updatedBy);
    }

    /** The answer to a deletion. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "CustomersDeleted")
    public record Deleted(int deletedCustomers, String message) {}

    /** The answer to blocking: the customers as they are now. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "CustomersBlocked")
    public record Blocked(List<CustomerView> blockedUsers) {}

    /** The answer to unblocking: those of the named ones that are blocked still. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "CustomersStillBlocked")
    public record StillBlocked(List<String> blockedUsers) {}
}
