package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of organizations. */
@Path("/organization")
@Tag(name = "Organizations")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class OrganizationResource {

    private final Authorizer authorizer;
    private final Organizations organizations;
    private final OrganizationUpdates updates;
    private final OrganizationDeletion deletion;
    private final OrganizationReading reading;

    OrganizationResource(
            Authorizer authorizer,
            Organizations organizations,
            OrganizationUpdates updates,
            OrganizationDeletion deletion,
            OrganizationReading reading) {
        this.authorizer = authorizer;
        this.organizations = organizations;
        this.updates = updates;
        this.deletion = deletion;
        this.reading = reading;
    }

    @POST
    @Path("/new")
    @Operation(summary = "Makes an organization.")
    public Uni<OrganizationView> create(@NotNull @Valid NewOrganizationRequest request) {
        return authorizer.require(Action.CREATE_ORGANIZATION).flatMap(scope -> organizations.create(scope, request));
    }

    @GET
    @Path("/info")
    @Operation(
            summary =
                    "One organization with its members and teams, and how much of its budget is promised, free and used.")
    public Uni<OrganizationInfoView> info(
            @Parameter(description = "The organization") @NotBlank @QueryParam("organization_id")
                    String organizationId) {
        return authorizer.require(Action.READ_ORGANIZATION).flatMap(scope -> reading.info(scope, organizationId));
    }

    /**
     * Several organizations without members and teams.
     *
     * @deprecated clients should ask for one with GET
     */
    @Deprecated
    @POST
    @Path("/info")
    @Operation(summary = "Several organizations without members and teams.")
    public Uni<List<OrganizationView>> rows(@NotNull @Valid OrganizationInfoRequest request) {
        return authorizer
                .require(Action.READ_ORGANIZATION)
                .flatMap(scope -> reading.rows(scope, request.organizations()));
    }

    @GET
    @Path("/list")
    @Operation(summary = "The organizations that the caller may see, newest first, 1,000 of them or a page.")
    public Uni<List<OrganizationView>> list(
            @Parameter(description = "Only this organization") @QueryParam("org_id") String id,
            @Parameter(description = "A part of the alias, in any case") @QueryParam("org_alias") String alias,
            @Parameter(description = "The page, from 1") @QueryParam("page") String page,
            @Parameter(description = "Organizations a page, 1,000 at most and where left out") @QueryParam("page_size")
                    String pageSize) {
        var query = OrganizationQuery.of(id, alias, page, pageSize);
        return authorizer.require(Action.LIST_ORGANIZATIONS).flatMap(scope -> reading.list(scope, query));
    }

    @PATCH
    @Path("/update")
    @Operation(
            summary =
                    "Changes an organization. Absent fields stay, null clears, 0 allows nothing; metadata is merged. Its own admins may change what concerns nobody else.")
    public Uni<OrganizationView> update(@NotNull @Valid UpdateOrganizationRequest request) {
        return authorizer.require(Action.UPDATE_ORGANIZATION).flatMap(scope -> updates.update(
                        scope, request.requiredId(), request, FoldedMetadata.Rule.MERGE)
                .flatMap(id -> reading.afterUpdate(scope, id)));
    }

    @DELETE
    @Path("/delete")
    @Operation(summary = "Deletes organizations with their teams, members and keys, all that are named or none.")
    public Uni<List<OrganizationView>> delete(@NotNull @Valid DeleteOrganizationsRequest request) {
        return authorizer
                .require(Action.DELETE_ORGANIZATION)
                .flatMap(scope -> deletion.delete(scope, request.organizationIds()))
                .flatMap(reading::afterDeletion);
    }
}
