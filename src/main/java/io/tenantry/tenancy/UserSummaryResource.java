package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The second form of reading a user: without keys, for those who only want the user. */
@Path("/v2/user")
@Tag(name = "Users")
@Produces(MediaType.APPLICATION_JSON)
public class UserSummaryResource {

    private final Authorizer authorizer;
    private final UserReading reading;

    UserSummaryResource(Authorizer authorizer, UserReading reading) {
        this.authorizer = authorizer;
        this.reading = reading;
    }

    /** One user; without an id the caller. */
    @GET
    @Path("/info")
    @Operation(summary = "Read a user without keys")
    public Uni<UserSummaryView> info(
            @Parameter(description = "The user; the caller where left out") @QueryParam("user_id") String userId) {
        return authorizer
                .require(Action.READ_USER)
                .flatMap(scope -> reading.summary(scope, UserResource.wanted(userId)));
    }
}
