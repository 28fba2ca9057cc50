package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** The answer to {@code /team/bulk_member_add}: one result for each user that was named, in that order. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkMembersView(
        String teamId,
        List<Result> results,
        int totalRequested,
        int successfulAdditions,
        int failedAdditions,
        TeamView updatedTeam) {

    /** @param error why the user was not added, null where it was */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record Result(
            String userId,
            String userEmail,
            boolean success,
            String error,
            UserView updatedUser,
            TeamMembershipView updatedTeamMembership) {}

    static BulkMembersView of(String teamId, List<Result> results, TeamView team) {
        var added = (int) results.stream().filter(Result::success).count();
        return new BulkMembersView(teamId, results, results.size(), added, results.size() - added, team);
    }
}
