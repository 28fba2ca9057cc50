package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of what teams used. */
@Path("/team")
@Tag(name = "Teams")
@Produces(MediaType.APPLICATION_JSON)
public class TeamActivityResource {

    private final Authorizer authorizer;
    private final DailyActivities activities;

    TeamActivityResource(Authorizer authorizer, DailyActivities activities) {
        this.authorizer = authorizer;
        this.activities = activities;
    }

    @GET
    @Path("/daily/activity")
    @Operation(summary = "What teams used day by day. Plain members see their own use.")
    public Uni<DailyActivityView> activity(
            @Parameter(description = "Only these teams, separated by commas") @QueryParam("team_ids") String teamIds,
            @Parameter(description = "Without these teams, separated by commas") @QueryParam("exclude_team_ids")
                    String excluded,
            @BeanParam ActivityQuery query) {
        return authorizer.require(Action.READ_TEAM_ACTIVITY).flatMap(scope -> authorizer
                .require(Action.READ_TEAM_ACTIVITY_OF_ALL)
                .flatMap(all -> activities.ofTeams(
                        scope, all, ActivityQuery.ids(teamIds), ActivityQuery.ids(excluded), query)));
    }
}
