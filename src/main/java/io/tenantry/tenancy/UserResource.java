package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;

/** The HTTP edge of users. */
@Path("/user")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class UserResource {

    private final Authorizer authorizer;
    private final Users users;
    private final UserReading reading;

    UserResource(Authorizer authorizer, Users users, UserReading reading) {
        this.authorizer = authorizer;
        this.users = users;
        this.reading = reading;
    }

    /** Makes a user with memberships and, unless told otherwise, a key whose secret is shown this once. */
    @POST
    @Path("/new")
    public Uni<NewUserView> create(@NotNull @Valid NewUserRequest request) {
        return authorizer.require(Action.CREATE_USER).flatMap(scope -> users.create(scope, request));
    }

    /** A user with keys and teams; without an id the caller. */
    @GET
    @Path("/info")
    public Uni<UserInfoView> info(@QueryParam("user_id") String userId) {
        return authorizer.require(Action.READ_USER).flatMap(scope -> reading.info(scope, wanted(userId)));
    }

    /** Ids hold no blanks, so one in a query is a plus that a client did not escape. */
    private static String wanted(String userId) {
        return userId == null || userId.isBlank() ? null : userId.replace(' ', '+');
    }
}
