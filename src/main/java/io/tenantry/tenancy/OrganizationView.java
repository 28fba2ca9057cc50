package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An organization as clients read it.
 *
 * @param members absent where memberships were not loaded
 * @param teams   absent where teams were not loaded
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record OrganizationView(
        @NotNull String organizationId,
        @NotNull String organizationAlias,
        @NotNull String budgetId,
        @NotNull BigDecimal spend,
        @NotNull Map<String, Object> metadata,
        @NotNull List<String> models,
        boolean blocked,
        boolean membersMayCreateTeams,
        boolean membersMayCreateKeys,
        boolean strictAllocation,
        Map<String, Object> modelSpend,
        String createdBy,
        String updatedBy,
        List<Object> users,
        BudgetTableView litellmBudgetTable,
        ObjectPermissionView objectPermission,
        String objectPermissionId,
        @NotNull Instant createdAt,
        @NotNull Instant updatedAt,
        @JsonInclude(Include.NON_NULL) List<OrganizationMembershipView> members,
        @JsonInclude(Include.NON_NULL) List<TeamView> teams) {

    static OrganizationView of(
            Organization organization, BudgetTerms budget, ObjectPermission permission, NanoUsd spend) {
        return new OrganizationView(
                organization.organizationId,
                organization.organizationAlias,
                organization.budgetId,
                spend.toUsd(),
                new FoldedMetadata(
                                organization.metadata,
                                organization.modelRpmLimit,
                                organization.modelTpmLimit,
                                organization.tags,
                                List.of())
                        .shown(null),
                organization.models,
                organization.blocked,
                organization.membersMayCreateTeams,
                organization.membersMayCreateKeys,
                organization.strictAllocation,
                Map.of(),
                organization.createdBy,
                organization.updatedBy,
                null,
                BudgetTableView.of(budget),
                ObjectPermissionView.of(permission),
                organization.objectPermissionId,
                organization.createdAt,
                organization.updatedAt,
                null,
                null);
    }

    OrganizationView with(List<OrganizationMembershipView> members, List<TeamView> teams) {
        return new OrganizationView(
                organizationId,
                organizationAlias,
                budgetId,
                spend,
                metadata,
                models,
                blocked,
                membersMayCreateTeams,
                membersMayCreateKeys,
                strictAllocation,
                modelSpend,
                createdBy,
                updatedBy,
                users,
                litellmBudgetTable,
                objectPermission,
                objectPermissionId,
                createdAt,
                updatedAt,
                members,
                teams);
    }
}
