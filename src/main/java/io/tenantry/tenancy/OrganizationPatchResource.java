package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of the newer form of changing an organization. */
@Path("/v2/organization")
@Tag(name = "Organizations")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class OrganizationPatchResource {

    private final Authorizer authorizer;
    private final OrganizationUpdates updates;
    private final OrganizationReading reading;

    OrganizationPatchResource(Authorizer authorizer, OrganizationUpdates updates, OrganizationReading reading) {
        this.authorizer = authorizer;
        this.updates = updates;
        this.reading = reading;
    }

    @PATCH
    @Path("/{organization_id}")
    @Operation(
            summary =
                    "Changes an organization. Absent fields stay, null clears, 0 allows nothing; metadata is replaced; an unknown field is 422.")
    public Uni<OrganizationView> patch(
            @Parameter(description = "The organization to be changed") @PathParam("organization_id")
                    String organizationId,
            @NotNull @Valid UpdateOrganizationRequest request) {
        return authorizer.require(Action.UPDATE_ORGANIZATION).flatMap(scope -> updates.update(
                        scope, request.idOfPath(organizationId), request, FoldedMetadata.Rule.REPLACE)
                .flatMap(id -> reading.afterUpdate(scope, id)));
    }
}
