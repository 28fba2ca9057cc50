package io.tenantry.tenancy;

import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

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
    @Schema(name = "BulkMemberResult")
    public record Result(
            String userId,
            String userEmail,
            boolean success,
            String error,
            UserView updatedUser,
            TeamMembershipView updatedTeamMembership) {}

    static BulkMembersView ofNobody(BulkTeamMembers.Outcome outcome) {
        return of(outcome, null, Map.of(), Map.of());
    }

    static BulkMembersView of(BulkTeamMembers.Outcome outcome, TeamMembersAddedView added) {
        return of(
                outcome,
                added.team(),
                added.updatedUsers().stream().collect(toMap(UserView::userId, user -> user)),
                added.updatedTeamMemberships().stream().collect(toMap(TeamMembershipView::userId, member -> member)));
    }

    private static BulkMembersView of(
            BulkTeamMembers.Outcome outcome,
            TeamView team,
            Map<String, UserView> users,
            Map<String, TeamMembershipView> memberships) {
        var results = IntStream.range(0, outcome.asked().size())
                .mapToObj(i -> result(outcome, i, users, memberships))
                .toList();
        var added = (int) results.stream().filter(Result::success).count();
        return new BulkMembersView(outcome.teamId(), results, results.size(), added, results.size() - added, team);
    }

    private static Result result(
            BulkTeamMembers.Outcome outcome,
            int position,
            Map<String, UserView> users,
            Map<String, TeamMembershipView> memberships) {
        var asked = outcome.asked().get(position);
        var error = outcome.errors().get(position);
        if (error != null) {
            return new Result(asked.userId(), asked.userEmail(), false, error, null, null);
        }
        var user = outcome.users().get(asked.person());
        return new Result(
                user.userId, user.userEmail, true, null, users.get(user.userId), memberships.get(user.userId));
    }
}
