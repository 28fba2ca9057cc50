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
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of users. */
@Path("/user")
@Tag(name = "Users")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class UserResource {

    private final Authorizer authorizer;
    private final Users users;
    private final UserReading reading;
    private final UserList list;
    private final UserDeletion deletion;

    UserResource(Authorizer authorizer, Users users, UserReading reading, UserList list, UserDeletion deletion) {
        this.authorizer = authorizer;
        this.users = users;
        this.reading = reading;
        this.list = list;
        this.deletion = deletion;
    }

    /** Makes a user with memberships and, unless told otherwise, a key whose secret is shown this once. */
    @POST
    @Path("/new")
    @Operation(summary = "Make a user with memberships and a key")
    public Uni<NewUserView> create(@NotNull @Valid NewUserRequest request) {
        return authorizer.require(Action.CREATE_USER).flatMap(scope -> users.create(scope, request));
    }

    /** A user with keys and teams; without an id the caller. */
    @GET
    @Path("/info")
    @Operation(summary = "Read a user with keys and teams")
    public Uni<UserInfoView> info(
            @Parameter(description = "The user; the caller where left out") @QueryParam("user_id") String userId) {
        return authorizer.require(Action.READ_USER).flatMap(scope -> reading.info(scope, wanted(userId)));
    }

    /** Changes one user, named by id or address. */
    @POST
    @Path("/update")
    @Operation(summary = "Change a user: absent stays, null clears, zero allows nothing")
    public Uni<UpdatedUserView> update(@NotNull @Valid UpdateUserRequest request) {
        return authorizer.require(Action.UPDATE_USER).flatMap(scope -> users.update(scope, request));
    }

    /** Deletes users with all that belongs to them; how many they were. */
    @POST
    @Path("/delete")
    @Operation(summary = "Delete users whole: memberships, keys, private budgets")
    public Uni<Integer> delete(@NotNull @Valid DeleteUsersRequest request) {
        return authorizer.require(Action.DELETE_USER).flatMap(scope -> deletion.delete(scope, request));
    }

    /** A page of the users that the caller administers. */
    @GET
    @Path("/list")
    @Operation(summary = "List users with paging, sorting and filters")
    @Parameter(name = "page", in = ParameterIn.QUERY, description = "From 1; 1 when absent")
    @Parameter(name = "page_size", in = ParameterIn.QUERY, description = "1 to 100; 25 when absent")
    @Parameter(name = "role", in = ParameterIn.QUERY, description = "Exactly this role")
    @Parameter(name = "user_ids", in = ParameterIn.QUERY, description = "Several ids; of a single one a part is enough")
    @Parameter(name = "sso_user_ids", in = ParameterIn.QUERY, description = "Ids of the identity provider")
    @Parameter(name = "user_email", in = ParameterIn.QUERY, description = "A part of the address")
    @Parameter(name = "team", in = ParameterIn.QUERY, description = "Members of this team")
    @Parameter(name = "organization_ids", in = ParameterIn.QUERY, description = "Members of these organizations")
    @Parameter(name = "search", in = ParameterIn.QUERY, description = "A part of the id or address")
    @Parameter(
            name = "sort_by",
            in = ParameterIn.QUERY,
            description = "user_id, user_email, created_at, user_alias or user_role; the newest first when absent")
    @Parameter(name = "sort_order", in = ParameterIn.QUERY, description = "asc or desc")
    public Uni<UserPageView> list(UriInfo uri) {
        return authorizer
                .require(Action.LIST_USERS)
                .flatMap(scope -> list.page(scope, ListUsersQuery.of(uri.getQueryParameters())));
    }

    /** The older name of the list. */
    @GET
    @Path("/get_users")
    @Operation(summary = "List users, by the older name", deprecated = true)
    public Uni<UserPageView> listByOlderName(UriInfo uri) {
        return list(uri);
    }

    /** Ids and addresses, for a user picker. */
    @GET
    @Path("/filter/ui")
    @Operation(summary = "Find users by a part of id or address")
    @Parameter(name = "user_id", in = ParameterIn.QUERY, description = "A part of the id")
    @Parameter(name = "user_email", in = ParameterIn.QUERY, description = "A part of the address")
    @Parameter(name = "team_id", in = ParameterIn.QUERY, description = "Members of this team")
    public Uni<List<PickedUserView>> pick(UriInfo uri) {
        return authorizer
                .require(Action.LIST_USERS)
                .flatMap(scope -> list.pick(scope, ListUsersQuery.ofPicker(uri.getQueryParameters())));
    }

    /** How many users there are. There are no seats to run out of. */
    @GET
    @Path("/available_users")
    @Operation(summary = "Count users, up to 100,000")
    public Uni<SeatsView> seats() {
        return authorizer.require(Action.READ_SEATS).flatMap(list::count).map(SeatsView::used);
    }

    /** The global roles and what they are for. */
    @GET
    @Path("/available_roles")
    @Operation(summary = "List the roles that a user can have")
    public Uni<Map<String, RoleView>> roles() {
        return authorizer.require(Action.READ_USER).replaceWith(RoleView.ALL);
    }

    /** Ids hold no blanks, so one in a query is a plus that a client did not escape. */
    static String wanted(String userId) {
        return userId == null || userId.isBlank() ? null : userId.replace(' ', '+');
    }
}
