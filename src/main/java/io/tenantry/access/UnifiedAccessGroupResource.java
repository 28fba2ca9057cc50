package io.tenantry.access;

import io.smallrye.mutiny.Uni;
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

/** Model access groups under their other path, see {@link AccessGroupResource}. */
@Path("/v1/unified_access_group")
@Tag(name = "Model access groups")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class UnifiedAccessGroupResource {

    private final AccessGroupResource routes;

    UnifiedAccessGroupResource(AccessGroupResource routes) {
        this.routes = routes;
    }

    @POST
    @ResponseStatus(201)
    @APIResponseSchema(value = AccessGroupView.class, responseCode = "201")
    @Operation(summary = "Makes a model access group and assigns it to teams and keys")
    public Uni<AccessGroupView> create(@NotNull @Valid NewAccessGroupRequest request) {
        return routes.create(request);
    }

    @GET
    @Operation(summary = "The newest 1,000 model access groups")
    public Uni<List<AccessGroupView>> list() {
        return routes.list();
    }

    @GET
    @Path("/{access_group_id}")
    @Operation(summary = "One model access group")
    public Uni<AccessGroupView> info(
            @Parameter(description = "The group's id") @RestPath("access_group_id") String groupId) {
        return routes.info(groupId);
    }

    @PUT
    @Path("/{access_group_id}")
    @Operation(summary = "Changes a model access group. Absent stays, null takes everything away")
    public Uni<AccessGroupView> update(
            @Parameter(description = "The group's id") @RestPath("access_group_id") String groupId,
            @NotNull @Valid UpdateAccessGroupRequest request) {
        return routes.update(groupId, request);
    }

    @DELETE
    @Path("/{access_group_id}")
    @ResponseStatus(204)
    @Operation(summary = "Deletes a model access group and takes it from the teams and keys that have it")
    public Uni<Void> delete(@Parameter(description = "The group's id") @RestPath("access_group_id") String groupId) {
        return routes.delete(groupId);
    }
}
