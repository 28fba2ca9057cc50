package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of an organization's members. */
@Path("/organization")
@Tag(name = "Organization members")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class OrganizationMemberResource {

    private final Authorizer authorizer;
    private final Organizations organizations;
    private final OrganizationMembers members;
    private final OrganizationReading reading;

    OrganizationMemberResource(
            Authorizer authorizer,
            Organizations organizations,
            OrganizationMembers members,
            OrganizationReading reading) {
        this.authorizer = authorizer;
        this.organizations = organizations;
        this.members = members;
        this.reading = reading;
    }

    @POST
    @Path("/member_add")
    @Operation(summary = "Adds users to an organization; those who do not exist yet are made.")
    public Uni<OrganizationMembersAddedView> add(@NotNull @Valid AddOrganizationMembersRequest request) {
        return authorizer
                .require(Action.ADD_ORGANIZATION_MEMBER)
                .flatMap(scope -> organizations.addMembers(scope, request))
                .flatMap(reading::afterAddition);
    }

    @PATCH
    @Path("/member_update")
    @Operation(summary = "Changes a member's role, or what it may spend in the organization.")
    public Uni<OrganizationMembershipView> update(@NotNull @Valid UpdateOrganizationMemberRequest request) {
        return authorizer
                .require(Action.UPDATE_ORGANIZATION_MEMBER)
                .flatMap(scope -> members.update(scope, request))
                .flatMap(reading::afterChange);
    }

    @DELETE
    @Path("/member_delete")
    @Operation(summary = "Takes a member out of an organization and ends the keys that it had there outside of teams.")
    public Uni<OrganizationMembershipView> remove(@NotNull @Valid DeleteOrganizationMemberRequest request) {
        return authorizer
                .require(Action.DELETE_ORGANIZATION_MEMBER)
                .flatMap(scope -> members.remove(scope, request.organizationId(), request.person()))
                .flatMap(reading::afterChange);
    }
}
