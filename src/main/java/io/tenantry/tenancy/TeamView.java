package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.NanoUsd;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.media.SchemaProperty;

/** A team as clients read it: the keys never vary, what does not exist here is null or empty. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamView(
        String teamAlias,
        @NotNull String teamId,
        String organizationId,
        @NotNull List<String> admins,
        List<String> members,
        @NotNull List<? extends RosterEntry> membersWithRoles,
        List<String> teamMemberPermissions,
        @NotNull Map<String, Object> metadata,
        Long tpmLimit,
        Long rpmLimit,
        BigDecimal maxBudget,
        BigDecimal softBudget,
        String budgetDuration,
        @NotNull List<String> models,
        boolean blocked,
        Map<String, Object> routerSettings,
        List<String> accessGroupIds,
        List<String> defaultTeamMemberModels,
        @NotNull BigDecimal spend,
        Integer maxParallelRequests,
        Instant budgetResetAt,
        Integer modelId,
        Map<String, Object> modelSpend,
        List<String> policies,
        boolean allowTeamGuardrailConfig,
        ModelTable litellmModelTable,
        ObjectPermissionView objectPermission,
        String objectPermissionId,
        @NotNull Instant createdAt,
        @NotNull Instant updatedAt,
        @JsonAnyGetter Map<String, Object> furtherLimits) {

    /** One member in the roster. */
    @Schema(
            name = "RosterEntry",
            properties = {
                @SchemaProperty(name = "user_id", type = SchemaType.STRING),
                @SchemaProperty(name = "user_email", type = SchemaType.STRING, nullable = true),
                @SchemaProperty(
                        name = "user_alias",
                        type = SchemaType.STRING,
                        nullable = true,
                        description = "In /team/info"),
                @SchemaProperty(name = "role", type = SchemaType.STRING, description = "admin or user")
            },
            requiredProperties = {"user_id", "user_email", "role"})
    public sealed interface RosterEntry {}

    /** A member as every team shows it. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Listed(String userId, String userEmail, String role) implements RosterEntry {
        static Listed of(TeamMember member) {
            return new Listed(member.user().userId, member.user().userEmail, member.membership().role);
        }
    }

    /** A member as {@code /team/info} shows it. */
    @RegisterForReflection
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Named(String userId, String userEmail, String userAlias, String role) implements RosterEntry {
        static Named of(TeamMember member) {
            return new Named(
                    member.user().userId, member.user().userEmail, member.user().userAlias, member.membership().role);
        }
    }

    /** The team's names for models, in the shape of the table that clients know them from. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "TeamModelTable")
    public record ModelTable(Integer id, Map<String, Object> modelAliases, String createdBy, String updatedBy) {
        static ModelTable of(Team team) {
            return team.modelAliases == null || team.modelAliases.isEmpty()
                    ? null
                    : new ModelTable(null, team.modelAliases, team.createdBy, team.updatedBy);
        }
    }

    static TeamView of(Team team, List<? extends RosterEntry> roster, NanoUsd spend, ObjectPermission permission) {
        var limits = team.limitsOrNone();
        return new TeamView(
                team.teamAlias,
                team.teamId,
                team.organizationId,
                List.of(),
                List.of(),
                roster,
                team.memberPermissions,
                new FoldedMetadata(team.metadata, team.modelRpmLimit, team.modelTpmLimit, team.tags, team.guardrails)
                        .shown(team.memberBudgetId),
                limits.tpmLimit,
                limits.rpmLimit,
                NanoUsd.usdOrNull(limits.maxBudgetNano),
                NanoUsd.usdOrNull(limits.softBudgetNano),
                limits.budgetDuration,
                team.models,
                team.blocked,
                Map.of(),
                team.accessGroupIds,
                team.defaultMemberModels,
                spend.toUsd(),
                limits.maxParallelRequests,
                UserView.resetAt(limits),
                null,
                Map.of(),
                List.of(),
                false,
                ModelTable.of(team),
                ObjectPermissionView.of(permission),
                team.objectPermissionId,
                team.createdAt,
                team.updatedAt,
                limits.further().shownInRow("tpd_limit", "budget_limits"));
    }
}
