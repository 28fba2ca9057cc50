package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** The answer to {@code /team/update}. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdatedTeamView(String teamId, TeamView data) {

    static UpdatedTeamView of(TeamView team) {
        return new UpdatedTeamView(team.teamId(), team);
    }
}
