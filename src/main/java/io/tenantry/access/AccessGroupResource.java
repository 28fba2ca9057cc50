package io.tenantry.access;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jboss.resteasy.reactive.RestPath;

/** The HTTP edge of model access groups. UnifiedAccessGroupResource has the same routes under their other path. */
@Path("/v1/access_group")
@Tag(name = "Model access groups")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AccessGroupResource {

    private final Authorizer authorizer;
    private final AccessGroups groups;

    AccessGroupResource(Authorizer authorizer, AccessGroups groups) {
        this.authorizer = authorizer;
        this.groups = groups;
    }

    @POST
    @ResponseStatus(201)
    @APIResponseSchema(value = AccessGroupView.class, responseCode = "201")
    @Operation(summary = "Makes a model access group and assigns it to teams and keys")
    public Uni<AccessGroupView> create(@NotNull @Valid NewAccessGroupRequest request) {
        return authorizer.require(Action.CREATE_ACCESS_GROUP).flatMap(scope -> groups.create(scope, request));
    }

    @GET
    @Operation(summary = "The newest 1,000 model access groups")
    public Uni<List<AccessGroupView>> list() {
        return authorizer.require(Action.LIST_ACCESS_GROUPS).flatMap(groups::list);
    }

    @GET
    @Path("/{access_group_id}")
    @Operation(summary = "One model access group")
    public Uni<AccessGroupView> info(
            @Parameter(description = "The group's id") @RestPath("access_group_id") String groupId) {
        return authorizer.require(Action.READ_ACCESS_GROUP).flatMap(scope -> groups.info(scope, groupId));
    }

    @PUT
    @Path("/{access_group_id}")
    @Operation(summary = "Changes a model access group. Absent stays, null takes everything away")
    public Uni<AccessGroupView> update(
            @Parameter(description = "The group's id") @RestPath("access_group_id") String groupId,
            @NotNull @Valid UpdateAccessGroupRequest request) {
        return authorizer.require(Action.UPDATE_ACCESS_GROUP).flatMap(scope -> groups.update(scope, groupId, request));
    }

    @DELETE
    @Path("/{access_group_id}")
    @ResponseStatus(204)
    @Operation(summary = "Deletes a model access group and takes it from the teams and keys that have it")
    public Uni<Void> delete(@Parameter(description = "The group's id") @RestPath("access_group_id") String groupId) {
        return authorizer.require(Action.DELETE_ACCESS_GROUP).flatMap(scope -> groups.delete(scope, groupId));
    }
}
