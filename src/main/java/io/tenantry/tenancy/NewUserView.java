package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.NanoUsd;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The answer to {@code /user/new}: the shape of a new key, which clients read the user from.
 *
 * @param key   the secret, shown this once; empty when no key was made
 * @param token always null here
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewUserView(
        String key,
        String token,
        String tokenId,
        String keyName,
        String keyAlias,
        String duration,
        Instant expires,
        BigDecimal spend,
        BigDecimal maxBudget,
        String budgetDuration,
        String budgetId,
        List<String> models,
        Map<String, Object> aliases,
        Map<String, Object> config,
        Map<String, Object> permissions,
        Map<String, Object> metadata,
        Map<String, Object> routerSettings,
        String userId,
        String userEmail,
        String userRole,
        String userAlias,
        List<String> teams,
        String teamId,
        String agentId,
        String organizationId,
        String projectId,
        Integer maxParallelRequests,
        Long tpmLimit,
        Long rpmLimit,
        Map<String, Long> modelRpmLimit,
        Map<String, Long> modelTpmLimit,
        String rpmLimitType,
        String tpmLimitType,
        List<String> guardrails,
        List<String> policies,
        List<String> prompts,
        List<String> tags,
        List<String> enforcedParams,
        Boolean blocked,
        String allowedModelRegion,
        Long allowedModelMaxInputTokens,
        Long allowedModelMaxOutputTokens,
        ObjectPermissionView objectPermission,
        List<String> allowedCacheControls,
        List<String> allowedRoutes,
        List<String> allowedPassthroughRoutes,
        List<Object> allowedVectorStoreIndexes,
        List<String> accessGroupIds,
        BudgetTableView litellmBudgetTable,
        String createdBy,
        String updatedBy,
        Instant createdAt,
        Instant updatedAt,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    /** @param secret the key's; null when none was made */
    static NewUserView of(UserView user, User row, NewUserRequest request, String secret, Instant expires) {
        return new NewUserView(
                secret == null ? "" : secret,
                null,
                null,
                secret == null ? null : "sk-..." + secret.substring(secret.length() - 4),
                secret == null ? null : request.keyAlias(),
                null,
                secret == null ? null : expires,
                NanoUsd.ZERO.toUsd(),
                user.maxBudget(),
                user.budgetDuration(),
                null,
                user.models(),
                request.aliases() == null ? Map.of() : Map.copyOf(request.aliases()),
                Map.of(),
                Map.of(),
                user.metadata(),
                Map.of(),
                user.userId(),
                user.userEmail(),
                user.userRole(),
                user.userAlias(),
                user.teams().isEmpty() ? null : user.teams(),
                request.teamId(),
                null,
                request.organizationId(),
                null,
                user.maxParallelRequests(),
                user.tpmLimit(),
                user.rpmLimit(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                request.blocked(),
                user.allowedModelRegion(),
                user.allowedModelMaxInputTokens(),
                user.allowedModelMaxOutputTokens(),
                user.objectPermission(),
                List.of(),
                List.of(),
                null,
                null,
                List.of(),
                null,
                row.createdBy,
                row.updatedBy,
                row.createdAt,
                row.updatedAt,
                user.furtherLimits());
    }
}
