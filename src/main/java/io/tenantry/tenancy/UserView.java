package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** A user as clients read it. Never has a password. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UserView(
        String userId,
        String userAlias,
        String teamId,
        String ssoUserId,
        String organizationId,
        String objectPermissionId,
        List<String> teams,
        String userRole,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        BigDecimal spend,
        String userEmail,
        List<String> models,
        Map<String, Object> metadata,
        Integer maxParallelRequests,
        Long tpmLimit,
        Long rpmLimit,
        String budgetDuration,
        Instant budgetResetAt,
        List<String> allowedCacheControls,
        List<String> policies,
        Map<String, Object> modelSpend,
        boolean blocked,
        String allowedModelRegion,
        Long allowedModelMaxInputTokens,
        Long allowedModelMaxOutputTokens,
        Instant createdAt,
        Instant updatedAt,
        Instant passwordUpdatedAt,
        Boolean resetPasswordRequired,
        List<OfOrganization> organizationMemberships,
        ObjectPermissionView objectPermission,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    /** A membership as it is shown inside its user. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record OfOrganization(
            String userId,
            String organizationId,
            String userRole,
            BigDecimal spend,
            String budgetId,
            Instant createdAt,
            Instant updatedAt) {

        static OfOrganization of(OrganizationMembership membership, NanoUsd spend) {
            return new OfOrganization(
                    membership.userId,
                    membership.organizationId,
                    membership.userRole,
                    spend.toUsd(),
                    membership.budgetId,
                    membership.createdAt,
                    membership.updatedAt);
        }
    }

    /** Without organization memberships and permission, as lists embed it. */
    static UserView of(User user, List<String> teams, NanoUsd spend) {
        return of(user, teams, spend, null, null);
    }

    static UserView of(
            User user,
            List<String> teams,
            NanoUsd spend,
            List<OfOrganization> organizationMemberships,
            ObjectPermission permission) {
        var limits = user.limitsOrNone();
        return new UserView(
                user.userId,
                user.userAlias,
                null,
                user.ssoUserId,
                null,
                user.objectPermissionId,
                teams,
                user.userRole,
                NanoUsd.usdOrNull(limits.maxBudgetNano),
                NanoUsd.usdOrNull(limits.softBudgetNano),
                spend.toUsd(),
                user.userEmail,
                user.models,
                user.metadata,
                limits.maxParallelRequests,
                limits.tpmLimit,
                limits.rpmLimit,
                limits.budgetDuration,
                resetAt(limits),
                List.of(),
                List.of(),
                Map.of(),
                user.blocked,
                user.allowedModelRegion,
                user.allowedModelMaxInputTokens,
                user.allowedModelMaxOutputTokens,
                user.createdAt,
                user.updatedAt,
                null,
                null,
                organizationMemberships,
                ObjectPermissionView.of(permission),
                limits.further().shownWith("model_max_budget"));
    }

    /** When the current period ends; null without a period. */
    static Instant resetAt(LimitColumns limits) {
        var zone = limits.further().timeZone();
        return limits.budgetDuration == null
                ? null
                : BudgetPeriod.windowAt(limits.budgetDuration, Instant.now(), zone == null ? ZoneOffset.UTC : zone)
                        .end();
    }
}
