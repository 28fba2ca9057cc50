package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** The answer to {@code /team/member_add}: the team as it is now, and those who were added. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TeamMembersAddedView(
        @JsonUnwrapped TeamView team, List<UserView> updatedUsers, List<TeamMembershipView> updatedTeamMemberships) {}
