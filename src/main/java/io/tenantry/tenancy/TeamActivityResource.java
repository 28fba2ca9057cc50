package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.tenancy.DailyActivities.Extent;
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
@Path("/team/daily/activity")
@Tag(name = "Teams")
@Produces(MediaType.APPLICATION_JSON)
public class TeamActivityResource {

    private static final String ONLY = "Only these teams, separated by commas";
    private static final String WITHOUT = "Without these teams, separated by commas";

    private final Authorizer authorizer;
    private final DailyActivities activities;

    TeamActivityResource(Authorizer authorizer, DailyActivities activities) {
        this.authorizer = authorizer;
        this.activities = activities;
    }

    /** A page of days. */
    @GET
    @Operation(summary = "What teams used day by day. Plain members see their own use.")
    public Uni<DailyActivityView> activity(
            @Parameter(description = ONLY) @QueryParam("team_ids") String teamIds,
            @Parameter(description = WITHOUT) @QueryParam("exclude_team_ids") String excluded,
            @BeanParam ActivityQuery query) {
        return answer(Extent.PAGE, teamIds, excluded, query);
    }

    /** All days without pages. */
    @GET
    @Path("/aggregated")
    @Operation(summary = "What teams used day by day, all in one answer. Plain members see their own use.")
    public Uni<DailyActivityView> all(
            @Parameter(description = ONLY) @QueryParam("team_ids") String teamIds,
            @Parameter(description = WITHOUT) @QueryParam("exclude_team_ids") String excluded,
            @BeanParam ActivityQuery query) {
        return answer(Extent.WHOLE, teamIds, excluded, query);
    }

    private Uni<DailyActivityView> answer(Extent extent, String teamIds, String excluded, ActivityQuery query) {
        return authorizer.require(Action.READ_TEAM_ACTIVITY).flatMap(scope -> authorizer
                .require(Action.READ_TEAM_ACTIVITY_OF_ALL)
                .flatMap(all -> activities.ofTeams(
                        scope, all, extent, ActivityQuery.ids(teamIds), ActivityQuery.ids(excluded), query)));
    }
}
