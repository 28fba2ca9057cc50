package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** The HTTP edge of organizations. */
@Path("/organization")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class OrganizationResource {

    private final Authorizer authorizer;
    private final Organizations organizations;
    private final OrganizationReading reading;

    OrganizationResource(Authorizer authorizer, Organizations organizations, OrganizationReading reading) {
        this.authorizer = authorizer;
        this.organizations = organizations;
        this.reading = reading;
    }

    /** Makes an organization. */
    @POST
    @Path("/new")
    public Uni<OrganizationView> create(@NotNull @Valid NewOrganizationRequest request) {
        return authorizer.require(Action.CREATE_ORGANIZATION).flatMap(scope -> organizations.create(scope, request));
    }

    /** One organization with its members and teams. */
    @GET
    @Path("/info")
    public Uni<OrganizationView> info(@NotBlank @QueryParam("organization_id") String organizationId) {
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
    public Uni<List<OrganizationView>> rows(@NotNull @Valid OrganizationInfoRequest request) {
        return authorizer
                .require(Action.READ_ORGANIZATION)
                .flatMap(scope -> reading.rows(scope, request.organizations()));
    }

    /** The organizations that the caller may see, by id or a part of the alias where asked. */
    @GET
    @Path("/list")
    public Uni<List<OrganizationView>> list(@QueryParam("org_id") String id, @QueryParam("org_alias") String alias) {
        return authorizer
                .require(Action.LIST_ORGANIZATIONS)
                .flatMap(scope -> reading.list(scope, present(id), present(alias)));
    }

    /** An empty criterion is none. */
    private static String present(String criterion) {
        return criterion == null || criterion.isBlank() ? null : criterion;
    }

    /** Adds users to an organization; those who do not exist yet are made. */
    @POST
    @Path("/member_add")
    public Uni<OrganizationMembersAddedView> addMembers(@NotNull @Valid AddOrganizationMembersRequest request) {
        return authorizer
                .require(Action.ADD_ORGANIZATION_MEMBER)
                .flatMap(scope -> organizations.addMembers(scope, request))
                .flatMap(reading::afterAddition);
    }
}
