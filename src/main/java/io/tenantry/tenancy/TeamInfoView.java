package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** The answer to {@code /team/info}. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamInfoView(
        String teamId, Details teamInfo, List<Map<String, Object>> keys, List<TeamMembershipView> teamMemberships) {

    /**
     * The team and what only this answer adds.
     *
     * @param organizationModels the organization's models, for those who may change the team; null for others
     * @param allocation         how much of the team's budget is promised to its keys, free, and used
     */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @Schema(name = "TeamDetails")
    public record Details(
            @JsonUnwrapped TeamView team,
            BudgetTableView teamMemberBudgetTable,
            List<String> accessGroupModels,
            List<String> accessGroupMcpServerIds,
            List<String> accessGroupAgentIds,
            List<TeamGroups.Detail> accessGroupDetails,
            List<String> organizationModels,
            Map<String, Object> modelMaxBudgetUsage,
            EditAccess callerEditAccess,
            AllocationView allocation) {}

    /** Whether the caller may change the team: {@code unrestricted}, {@code team_admin_disabled} or {@code none}. */
    @Schema(name = "TeamEditAccess")
    public record EditAccess(String kind) {

        static final EditAccess UNRESTRICTED = new EditAccess("unrestricted");
        static final EditAccess TEAM_ADMIN = new EditAccess("team_admin_disabled");
        static final EditAccess NONE = new EditAccess("none");
    }
}
