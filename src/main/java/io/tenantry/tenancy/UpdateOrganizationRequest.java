package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** What shall become of an organization. Absent leaves a field as it is, null clears it, zero allows nothing. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateOrganizationRequest(
        String organizationId,
        Patch<@Size(max = 255) String> organizationAlias,
        Patch<List<@NotNull @Size(max = 255) String>> models,
        Patch<String> budgetId,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Patch<BudgetFields> litellmBudgetTable,
        Patch<Map<String, @NotNull Long>> modelRpmLimit,
        Patch<Map<String, @NotNull Long>> modelTpmLimit,
        Patch<Boolean> blocked,
        Patch<Boolean> membersMayCreateTeams,
        Patch<Boolean> membersMayCreateKeys,
        Patch<Boolean> strictAllocation,
        Patch<List<@NotNull String>> tags,
        Patch<Map<String, Object>> metadata,
        Patch<@Valid ObjectPermissionPatch> objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    /** The limits once more, in the shape in which forms read them. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record BudgetFields(
            Patch<BigDecimal> maxBudget,
            Patch<BigDecimal> softBudget,
            Patch<String> budgetDuration,
            Patch<Long> tpmLimit,
            Patch<Long> rpmLimit,
            Patch<Integer> maxParallelRequests,
            @JsonAnySetter Map<String, Object> others) {

        LimitPatch limits() {
            UnsupportedFields.refuse("litellm_budget_table.", others, UnsupportedFields.OF_ORGANIZATIONS);
            return new LimitPatch(
                    maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
        }
    }

    /** The organization that the request names; fails with VALIDATION where it names none. */
    String requiredId() {
        if (organizationId == null || organizationId.isBlank()) {
            throw Problem.of(ProblemCode.VALIDATION).param("organization_id").detail("organization_id is required");
        }
        return organizationId;
    }

    /** The organization of the path. Fails with VALIDATION for a field that does not exist and INVALID_VALUE for another id. */
    String idOfPath(String path) {
        requireSupported();
        others.keySet().stream()
                .filter(name -> !FurtherLimits.FIELDS.contains(name))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.of(ProblemCode.VALIDATION)
                            .param(name)
                            .detail("%s is no field of an organization", name);
                });
        if (organizationId != null && !organizationId.equals(path)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("organization_id")
                    .detail("organization_id in the body is not the organization of the path");
        }
        return path;
    }

    /** Fails naming the first field that cannot be honoured. */
    void requireSupported() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_ORGANIZATION_UPDATES);
        if (metadata.orNull() != null) {
            UnsupportedFields.refuse("metadata.", metadata.orNull(), UnsupportedFields.OF_ORGANIZATIONS);
        }
        if (objectPermission.orNull() != null) {
            objectPermission.orNull().requireSupported();
        }
        organizationAlias.ifPresent(alias -> {
            if (alias == null || alias.isBlank()) {
                throw Problem.of(ProblemCode.VALIDATION)
                        .param("organization_alias")
                        .detail("organization_alias must not be empty");
            }
        });
    }

    LimitPatch limits() {
        var own =
                new LimitPatch(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
        return litellmBudgetTable.orNull() == null
                ? own
                : own.orElse(litellmBudgetTable.orNull().limits());
    }

    /**
     * What an organization is given from outside and its admins cannot change: the first such field of the request, null for none. Metadata is
     * theirs, the limits that clients write into it are not.
     */
    String fieldOfProxyAdmins() {
        if (limits().isPresent()) {
            return "max_budget";
        }
        var given = Map.of(
                "models", models.isPresent(),
                "budget_id", budgetId.isPresent(),
                "model_rpm_limit", modelRpmLimit.isPresent() || isInMetadata("model_rpm_limit"),
                "model_tpm_limit", modelTpmLimit.isPresent() || isInMetadata("model_tpm_limit"),
                "blocked", blocked.isPresent(),
                "tags", tags.isPresent() || isInMetadata("tags"),
                "object_permission", objectPermission.isPresent());
        return given.entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(Map.Entry::getKey)
                .sorted()
                .findFirst()
                .orElse(null);
    }

    private boolean isInMetadata(String field) {
        return metadata.orNull() != null && metadata.orNull().containsKey(field);
    }

    /** Changes what the organization's own row holds, apart from its budget. */
    void applyTo(Organization organization, FoldedMetadata.Rule rule) {
        organization.organizationAlias = organizationAlias.over(organization.organizationAlias);
        models.ifPresent(list -> organization.models = list == null ? List.of() : list);
        blocked.ifPresent(value -> organization.blocked = Boolean.TRUE.equals(value));
        membersMayCreateTeams.ifPresent(value -> organization.membersMayCreateTeams = Boolean.TRUE.equals(value));
        membersMayCreateKeys.ifPresent(value -> organization.membersMayCreateKeys = Boolean.TRUE.equals(value));
        strictAllocation.ifPresent(value -> organization.strictAllocation = Boolean.TRUE.equals(value));
        var change = new FoldedMetadata.Change(metadata, modelRpmLimit, modelTpmLimit, tags, Patch.absent());
        var changed = new FoldedMetadata(
                        organization.metadata,
                        organization.modelRpmLimit,
                        organization.modelTpmLimit,
                        organization.tags,
                        List.of())
                .changed(change, rule);
        organization.metadata = changed.rest();
        organization.modelRpmLimit = changed.modelRpmLimit();
        organization.modelTpmLimit = changed.modelTpmLimit();
        organization.tags = changed.tags();
    }
}
