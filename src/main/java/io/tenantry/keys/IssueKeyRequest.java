package io.tenantry.keys;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.FoldedMetadata;
import io.tenantry.tenancy.LimitColumns;
import io.tenantry.tenancy.ObjectPermissionRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** What {@code POST /key/generate} takes. All fields are optional. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record IssueKeyRequest(
        String key,
        @Size(max = 255) String keyAlias,
        String duration,
        KeyType keyType,
        @Size(max = 1000) List<@NotNull @Size(min = 1, max = 255) String> models,
        @Size(max = 100) List<@NotNull @Size(min = 1, max = 255) String> accessGroupIds,
        @Size(max = 1000) Map<String, @NotNull String> aliases,
        Map<String, Object> metadata,
        @JsonDeserialize(using = EmptyIsNoLimit.class) BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        String budgetId,
        String userId,
        String teamId,
        String organizationId,
        Integer maxParallelRequests,
        Long tpmLimit,
        Long rpmLimit,
        @Size(max = 1000) Map<String, @NotNull Long> modelRpmLimit,
        @Size(max = 1000) Map<String, @NotNull Long> modelTpmLimit,
        @Size(max = 500) List<@NotNull @Size(min = 1, max = 255) String> allowedRoutes,
        @Size(max = 500) List<@NotNull String> guardrails,
        @Size(max = 500) List<@NotNull String> tags,
        Boolean blocked,
        @Valid ObjectPermissionRequest objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    /** As if an empty id or alias had not been sent: forms send them so. */
    public IssueKeyRequest {
        keyAlias = orNull(keyAlias);
        duration = orNull(duration);
        budgetDuration = orNull(budgetDuration);
        budgetId = orNull(budgetId);
        userId = orNull(userId);
        teamId = orNull(teamId);
        organizationId = orNull(organizationId);
    }

    private static String orNull(String text) {
        return text == null || text.isBlank() ? null : text;
    }

    /** Fails with NOT_ENFORCED naming the first field that nothing would enforce. */
    void requireSupported() {
        UnsupportedKeyFields.refuse(others);
        UnsupportedKeyFields.refuseInMetadata(metadata);
        if (metadata != null && metadata.get("service_account_id") != null && teamId == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("team_id")
                    .detail("team_id is required for a service account: metadata names a service_account_id");
        }
    }

    /** The model access groups asked for, each once. */
    List<String> groups() {
        return accessGroupIds == null
                ? List.of()
                : accessGroupIds.stream().distinct().toList();
    }

    KeyType typeOrDefault() {
        return keyType == null ? KeyType.DEFAULT : keyType;
    }

    /** The routes that the key's type stands for, or those given. */
    List<String> routes() {
        return typeOrDefault().routesOr(allowedRoutes);
    }

    LimitColumns limits() {
        return LimitColumns.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests)
                .withFurther(others);
    }

    FoldedMetadata folded() {
        return FoldedMetadata.of(metadata, modelRpmLimit, modelTpmLimit, tags, guardrails);
    }
}
