package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Ids;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** The organization to be made. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewOrganizationRequest(
        @NotBlank @Size(max = 255) String organizationAlias,
        String organizationId,
        List<@NotNull @Size(max = 255) String> models,
        String budgetId,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        Map<String, @NotNull Long> modelRpmLimit,
        Map<String, @NotNull Long> modelTpmLimit,
        Boolean blocked,
        Boolean membersMayCreateTeams,
        Boolean membersMayCreateKeys,
        Boolean strictAllocation,
        List<@NotNull String> tags,
        Map<String, Object> metadata,
        @Valid ObjectPermissionRequest objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    /** The limits of its own budget. Fails with BUDGET_CONFLICT when a shared budget is named as well: one of the two would be ignored. */
    LimitColumns limits() {
        var limits = LimitColumns.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests)
                .withFurther(others);
        if (sharedBudgetOrNone() != null && !limits.isEmpty()) {
            throw Problem.of(ProblemCode.BUDGET_CONFLICT)
                    .param("budget_id")
                    .detail(
                            "Send either budget_id or limits: an organization with a shared budget has the limits of that one");
        }
        return limits;
    }

    String sharedBudgetOrNone() {
        return budgetId == null || budgetId.isBlank() ? null : budgetId;
    }

    /** The organization without its budget. Fails naming the first field that cannot be honoured. */
    Organization toOrganization(String actor) {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_ORGANIZATIONS);
        var folded = FoldedMetadata.of(metadata, modelRpmLimit, modelTpmLimit, tags, null);
        if (!folded.guardrails().isEmpty()) {
            UnsupportedFields.refuse("metadata.", metadata, UnsupportedFields.OF_ORGANIZATIONS);
        }
        var organization = new Organization();
        organization.organizationId = chosenId();
        organization.organizationAlias = organizationAlias;
        organization.models = models == null ? List.of() : models;
        organization.modelRpmLimit = folded.modelRpmLimit();
        organization.modelTpmLimit = folded.modelTpmLimit();
        organization.tags = folded.tags();
        organization.blocked = Boolean.TRUE.equals(blocked);
        organization.membersMayCreateTeams = Boolean.TRUE.equals(membersMayCreateTeams);
        organization.membersMayCreateKeys = Boolean.TRUE.equals(membersMayCreateKeys);
        organization.strictAllocation = Boolean.TRUE.equals(strictAllocation);
        organization.metadata = folded.rest();
        organization.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        organization.updatedAt = organization.createdAt;
        organization.createdBy = actor;
        organization.updatedBy = actor;
        return organization;
    }

    private String chosenId() {
        if (TeamRepository.NO_ORGANIZATION.equals(organizationId)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("organization_id")
                    .detail("organization_id '%s' is reserved: it stands for no organization", organizationId);
        }
        return Ids.chosenOrRandom(organizationId, "organization_id");
    }
}
