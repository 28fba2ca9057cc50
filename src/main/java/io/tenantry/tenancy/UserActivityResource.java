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

/** The HTTP edge of what users used. Days are those of UTC. */
@Path("/user/daily/activity")
@Tag(name = "Users")
@Produces(MediaType.APPLICATION_JSON)
public class UserActivityResource {

    private static final String USER = "Only this user; for everybody but proxy admins the caller";

    /** A user's page is longer than those of other reports. */
    private static final String DEFAULT_SIZE = "50";

    private final Authorizer authorizer;
    private final UserActivities activities;

    UserActivityResource(Authorizer authorizer, UserActivities activities) {
        this.authorizer = authorizer;
        this.activities = activities;
    }

    /** A page of days. */
    @GET
    @Operation(summary = "What users used day by day")
    public Uni<DailyActivityView> page(
            @Parameter(description = USER) @QueryParam("user_id") String userId, @BeanParam ActivityQuery query) {
        return authorizer
                .require(Action.READ_USER_ACTIVITY)
                .flatMap(scope -> activities.page(scope, userId, withDefaultSize(query)));
    }

    /** All days without pages. */
    @GET
    @Path("/aggregated")
    @Operation(summary = "What users used day by day, all in one answer")
    public Uni<DailyActivityView> all(
            @Parameter(description = USER) @QueryParam("user_id") String userId, @BeanParam ActivityQuery query) {
        return authorizer.require(Action.READ_USER_ACTIVITY).flatMap(scope -> activities.all(scope, userId, query));
    }

    private static ActivityQuery withDefaultSize(ActivityQuery query) {
        query.pageSize = query.pageSize == null ? DEFAULT_SIZE : query.pageSize;
        return query;
    }
}
