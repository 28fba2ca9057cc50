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
 * two together.
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

        @Schema(description = "Further limits, see the requests")
        Map<String, Object> furtherLimits) {}
