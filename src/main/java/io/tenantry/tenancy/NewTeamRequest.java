package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Ids;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The team to be made. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewTeamRequest(
        @Size(max = 255) String teamAlias,
        String teamId,
        String organizationId,
        @Size(max = 500) List<@NotNull @Valid TeamMemberRequest> membersWithRoles,
        List<@NotNull String> teamMemberPermissions,
        Map<String, Object> metadata,
        List<@NotNull @Size(max = 255) String> models,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        Map<String, @NotNull Long> modelRpmLimit,
        Map<String, @NotNull Long> modelTpmLimit,
        Boolean blocked,
        Map<String, @NotNull String> modelAliases,
        List<@NotNull String> tags,
        List<@NotNull String> guardrails,
        BigDecimal teamMemberBudget,
        String teamMemberBudgetDuration,
        Long teamMemberRpmLimit,
        Long teamMemberTpmLimit,
        List<@NotNull @Size(max = 255) String> defaultTeamMemberModels,
        @Size(max = 500) List<@NotNull @Size(max = 255) String> accessGroupIds,
        @Valid ObjectPermissionRequest objectPermission,
        @JsonAnySetter Map<String, Object> others) {

    /** Clients use it for the keys of the web console. */
    private static final String RESERVED = "litellm-dashboard";

    /** The organization it shall belong to; null for a team of its own. */
    String organizationOrNone() {
        return organizationId == null || organizationId.isBlank() ? null : organizationId;
    }

    /** The team without what other rows hold. Fails naming the first field that cannot be honoured. */
    Team toTeam(String actor) {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_TEAMS);
        var folded = FoldedMetadata.of(metadata, modelRpmLimit, modelTpmLimit, tags, guardrails);
        var team = new Team();
        team.teamId = chosenId();
        team.teamAlias = teamAlias;
        team.organizationId = organizationOrNone();
        team.models = models == null ? List.of() : models;
        team.limits = LimitColumns.of(maxBudget, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests)
                .withFurther(others);
        team.modelRpmLimit = folded.modelRpmLimit();
        team.modelTpmLimit = folded.modelTpmLimit();
        team.tags = folded.tags();
        team.guardrails = folded.guardrails();
        team.metadata = folded.rest();
        team.modelAliases = modelAliases == null ? new HashMap<>() : new HashMap<>(modelAliases);
        team.blocked = Boolean.TRUE.equals(blocked);
        team.memberPermissions = MemberPermissions.known(teamMemberPermissions);
        team.defaultMemberModels = defaultTeamMemberModels == null ? List.of() : defaultTeamMemberModels;
        team.accessGroupIds = accessGroupIds == null ? List.of() : distinct(accessGroupIds);
        team.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        team.updatedAt = team.createdAt;
        team.createdBy = actor;
        team.updatedBy = actor;
        return team;
    }

    /** What each member gets that has no budget of its own; null when the request says nothing about it. */
    LimitColumns memberDefaults() {
        if (teamMemberBudget == null
                && teamMemberBudgetDuration == null
                && teamMemberRpmLimit == null
                && teamMemberTpmLimit == null) {
            return null;
        }
        LimitColumns.requireMoney("team_member_budget", teamMemberBudget);
        LimitColumns.requireRate("team_member_rpm_limit", teamMemberRpmLimit);
        LimitColumns.requireRate("team_member_tpm_limit", teamMemberTpmLimit);
        MemberLimits.requireDuration("team_member_budget_duration", teamMemberBudgetDuration);
        var duration = teamMemberBudgetDuration == null ? budgetDuration : teamMemberBudgetDuration;
        return LimitColumns.of(teamMemberBudget, null, duration, teamMemberTpmLimit, teamMemberRpmLimit, null);
    }

    List<TeamMemberRequest> members() {
        return membersWithRoles == null ? List.of() : membersWithRoles;
    }

    static List<String> distinct(List<String> ids) {
        return ids.stream().distinct().toList();
    }

    private String chosenId() {
        if (RESERVED.equals(teamId)) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param("team_id").detail("team_id '%s' is reserved", RESERVED);
        }
        return Ids.chosenOrRandom(teamId, "team_id");
    }
}
