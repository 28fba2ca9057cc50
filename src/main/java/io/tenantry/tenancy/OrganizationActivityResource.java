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

/** The HTTP edge of what organizations used. */
@Path("/organization/daily/activity")
@Tag(name = "Organizations")
@Produces(MediaType.APPLICATION_JSON)
public class OrganizationActivityResource {

    private static final String ONLY = "Only these organizations, separated by commas";
    private static final String WITHOUT = "Without these organizations, separated by commas";

    private final Authorizer authorizer;
    private final DailyActivities activities;

    OrganizationActivityResource(Authorizer authorizer, DailyActivities activities) {
        this.authorizer = authorizer;
        this.activities = activities;
    }

    /** A page of days. */
    @GET
    @Operation(summary = "What organizations used day by day.")
    public Uni<DailyActivityView> activity(
            @Parameter(description = ONLY) @QueryParam("organization_ids") String organizationIds,
            @Parameter(description = WITHOUT) @QueryParam("exclude_organization_ids") String excluded,
            @BeanParam ActivityQuery query) {
        return answer(Extent.PAGE, organizationIds, excluded, query);
    }

    /** All days without pages. */
    @GET
    @Path("/aggregated")
    @Operation(summary = "What organizations used day by day, all in one answer.")
    public Uni<DailyActivityView> all(
            @Parameter(description = ONLY) @QueryParam("organization_ids") String organizationIds,
            @Parameter(description = WITHOUT) @QueryParam("exclude_organization_ids") String excluded,
            @BeanParam ActivityQuery query) {
        return answer(Extent.WHOLE, organizationIds, excluded, query);
    }

    private Uni<DailyActivityView> answer(Extent extent, String organizationIds, String excluded, ActivityQuery query) {
        return authorizer
                .require(Action.READ_ORGANIZATION_ACTIVITY)
                .flatMap(scope -> activities.ofOrganizations(
                        scope, extent, ActivityQuery.ids(organizationIds), ActivityQuery.ids(excluded), query));
    }
}
