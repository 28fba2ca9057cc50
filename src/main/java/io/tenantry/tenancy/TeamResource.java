package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.tenancy.TeamRepository.Filter;
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

/** The HTTP edge of teams. */
@Path("/team")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class TeamResource {

    private final Authorizer authorizer;
    private final Teams teams;
    private final TeamReading reading;

    TeamResource(Authorizer authorizer, Teams teams, TeamReading reading) {
        this.authorizer = authorizer;
        this.teams = teams;
        this.reading = reading;
    }

    /** Makes a team, in an organization or on its own. */
    @POST
    @Path("/new")
    public Uni<TeamView> create(@NotNull @Valid NewTeamRequest request) {
        return authorizer.require(Action.CREATE_TEAM).flatMap(scope -> teams.create(scope, request));
    }

    /** One team with its keys that have not expired and its members. */
    @GET
    @Path("/info")
    public Uni<TeamInfoView> info(
            @NotBlank @QueryParam("team_id") String teamId, @QueryParam("key_limit") String keyLimit) {
        var mostKeys = QueryNumbers.positive("key_limit", keyLimit, TeamReading.MOST_KEYS);
        return authorizer.require(Action.READ_TEAM).flatMap(scope -> reading.info(scope, teamId, mostKeys));
    }

    /** The teams that the caller may see, of one user or one organization where asked; {@code default_organization} stands for none. */
    @GET
    @Path("/list")
    public Uni<List<TeamListEntryView>> list(
            @QueryParam("user_id") String userId, @QueryParam("organization_id") String organizationId) {
        return authorizer
                .require(Action.LIST_TEAMS)
                .flatMap(scope -> reading.list(scope, new Filter(userId, organizationId)));
    }

    /** Adds users to a team; those who do not exist yet are made. */
    @POST
    @Path("/member_add")
    public Uni<TeamMembersAddedView> addMembers(@NotNull @Valid AddTeamMembersRequest request) {
        return authorizer
                .require(Action.ADD_TEAM_MEMBER)
                .flatMap(scope -> teams.addMembers(scope, request))
                .flatMap(reading::afterAddition);
    }
}
