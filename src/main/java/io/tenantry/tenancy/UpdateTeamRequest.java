package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What shall become of a team. Absent leaves a field as it is, null clears it, zero allows nothing. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateTeamRequest(
        String teamId,
        Patch<@Size(max = 255) String> teamAlias,
        Patch<String> organizationId,
        Patch<List<@NotNull String>> teamMemberPermissions,
        Patch<Map<String, Object>> metadata,
        Patch<List<@NotNull @Size(max = 255) String>> models,
        Patch<BigDecimal> maxBudget,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Patch<Map<String, @NotNull Long>> modelRpmLimit,
        Patch<Map<String, @NotNull Long>> modelTpmLimit,
        Patch<Boolean> blocked,
        Patch<Map<String, @NotNull String>> modelAliases,
        Patch<List<@NotNull String>> tags,
        Patch<List<@NotNull String>> guardrails,
        Patch<BigDecimal> teamMemberBudget,
        Patch<String> teamMemberBudgetDuration,
        Patch<Long> teamMemberRpmLimit,
        Patch<Long> teamMemberTpmLimit,
        Patch<List<@NotNull @Size(max = 255) String>> defaultTeamMemberModels,
        Patch<@Size(max = 500) List<@NotNull @Size(max = 255) String>> accessGroupIds,
        Patch<@Valid ObjectPermissionPatch> objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    /** The team that the request names; fails with VALIDATION where it names none. */
    String requiredId() {
        if (teamId == null || teamId.isBlank()) {
            throw Problem.of(ProblemCode.VALIDATION).param("team_id").detail("team_id is required");
        }
        return teamId;
    }

    /** The team of the path; fails with INVALID_VALUE where the body names another one. */
    String idOfPath(String path) {
        if (teamId != null && !teamId.equals(path)) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("team_id")
                    .detail("team_id in the body is not the team of the path");
        }
        return path;
    }

    /** Fails naming the first field that cannot be honoured. */
    void requireSupported() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_TEAM_UPDATES);
        if (objectPermission.orNull() != null) {
            objectPermission.orNull().requireSupported();
        }
    }

    /** The groups that it shall have; null where the request says nothing about them. */
    List<String> groupsOrNull() {
        return accessGroupIds.isPresent() && accessGroupIds.orNull() == null ? List.of() : accessGroupIds.orNull();
    }

    LimitPatch limits() {
        return new LimitPatch(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
    }

    /** What a member without a budget of its own may do. */
    LimitPatch memberDefaults() {
        LimitColumns.requireMoney("team_member_budget", teamMemberBudget.orNull());
        LimitColumns.requireRate("team_member_rpm_limit", teamMemberRpmLimit.orNull());
        LimitColumns.requireRate("team_member_tpm_limit", teamMemberTpmLimit.orNull());
        MemberLimits.requireDuration("team_member_budget_duration", teamMemberBudgetDuration.orNull());
        return new LimitPatch(
                teamMemberBudget,
                Patch.absent(),
                teamMemberBudgetDuration,
                teamMemberTpmLimit,
                teamMemberRpmLimit,
                Patch.absent(),
                Map.of());
    }

    /** Changes what the team's own row holds, apart from its organization. */
    void applyTo(Team team, FoldedMetadata.Rule rule) {
        team.teamAlias = teamAlias.over(team.teamAlias);
        models.ifPresent(list -> team.models = list == null ? List.of() : list);
        if (limits().isPresent()) {
            team.limits = limits().over(team.limitsOrNone());
        }
        blocked.ifPresent(value -> team.blocked = Boolean.TRUE.equals(value));
        modelAliases.ifPresent(
                aliases -> team.modelAliases = aliases == null ? new HashMap<>() : new HashMap<>(aliases));
        teamMemberPermissions.ifPresent(list -> team.memberPermissions = MemberPermissions.known(list));
        defaultTeamMemberModels.ifPresent(list -> team.defaultMemberModels = list == null ? List.of() : list);
        accessGroupIds.ifPresent(ids -> team.accessGroupIds = ids == null ? List.of() : NewTeamRequest.distinct(ids));
        applyMetadata(team, rule);
    }

    private void applyMetadata(Team team, FoldedMetadata.Rule rule) {
        var change = new FoldedMetadata.Change(metadata, modelRpmLimit, modelTpmLimit, tags, guardrails);
        var changed = new FoldedMetadata(
                        team.metadata, team.modelRpmLimit, team.modelTpmLimit, team.tags, team.guardrails)
                .changed(change, rule);
        team.metadata = changed.rest();
        team.modelRpmLimit = changed.modelRpmLimit();
        team.modelTpmLimit = changed.modelTpmLimit();
        team.tags = changed.tags();
        team.guardrails = changed.guardrails();
    }
}
