package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A user as clients read it. Never has a password. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UserView(
        @NotNull String userId,
        String userAlias,
        String teamId,
        String ssoUserId,
        String organizationId,
        String objectPermissionId,
        @NotNull List<String> teams,
        String userRole,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        @NotNull BigDecimal spend,
        String userEmail,
        @NotNull List<String> models,
        @NotNull Map<String, Object> metadata,
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
        @NotNull Instant createdAt,
        @NotNull Instant updatedAt,
        Instant passwordUpdatedAt,
        Boolean resetPasswordRequired,
        List<OfOrganization> organizationMemberships,
        ObjectPermissionView objectPermission,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    /** A membership as it is shown inside its user. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "MembershipOfUser")
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
                limits.further().shownInRow());
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
