package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.tenancy.BudgetTableView;
import io.tenantry.tenancy.ObjectPermissionView;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * How a key is described to clients. Keys are written as maps, with more and with fewer of these columns, see {@link KeyView}; a test holds the
 * two together, both ways.
 */
@Schema(name = "Key")
@JsonInclude(Include.NON_NULL)
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record KeyRow(
        @Schema(description = "The secret, where it was made by this call; or the name by which the key was asked for")
        String key,

        @Schema(description = "The secret's SHA-256, which is no credential")
        String token,

        String tokenId,

        @Schema(description = "Stays when the secret is exchanged")
        String keyId,

        String keyName,
        String keyAlias,
        String keyType,
        String userId,
        String teamId,
        String organizationId,
        String budgetId,
        List<String> models,
        List<String> accessGroupIds,
        Map<String, String> aliases,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Instant budgetResetAt,
        BigDecimal tempBudgetIncrease,
        Instant tempBudgetExpiry,
        BigDecimal spend,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        List<String> allowedRoutes,
        List<String> guardrails,
        List<String> tags,
        Map<String, Object> metadata,
        Boolean blocked,
        Instant expires,
        Integer rotationCount,
        Instant lastRotationAt,
        BudgetTableView litellmBudgetTable,
        String objectPermissionId,
        ObjectPermissionView objectPermission,
        Instant createdAt,
        String createdBy,
        Instant updatedAt,
        String updatedBy,

        @Schema(description = "The same as organization_id, in lists")
        String orgId,

        @Schema(description = "In the answer to /user/info; None for a key without a team")
        String teamAlias,

        @Schema(description = "The key's user, in lists that were asked to expand it")
        Person user,

        @Schema(description = "Who made the key, likewise") Person createdByUser,

        @Schema(description = "Of keys just made; always null, expires tells the end")
        String duration,

        @Schema(description = "In metadata; always null here, as every field down to allowed_vector_store_indexes")
        Map<String, Long> modelRpmLimit,

        Map<String, Long> modelTpmLimit,
        List<String> prompts,
        List<String> enforcedParams,
        List<String> allowedPassthroughRoutes,
        List<String> allowedVectorStoreIndexes,

        @Schema(description = "Always empty, as every field down to router_settings")
        List<String> allowedCacheControls,

        List<String> policies,
        Map<String, Object> config,
        Map<String, Object> permissions,
        Map<String, Object> modelSpend,
        Map<String, Object> routerSettings,

        @Schema(description = "Always null, as every field down to key_rotation_at")
        String agentId,

        String projectId,
        String lastActive,
        String rotationInterval,
        String keyRotationAt,

        @Schema(description = "Always false, as auto_rotate")
        Boolean softBudgetCooldown,

        Boolean autoRotate,

        @Schema(description = "Further limits, see the requests")
        Map<String, Object> furtherLimits) {

    /** Somebody, as far as the caller may know. */
    @Schema(name = "KeyPerson")
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    record Person(String userId, String userEmail, String userAlias) {}
}
