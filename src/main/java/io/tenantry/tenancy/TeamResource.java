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
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of teams: making, reading, changing and deleting them. */
@Path("/team")
@Tag(name = "Teams")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class TeamResource {

    private final Authorizer authorizer;
    private final Teams teams;
    private final TeamUpdates updates;
    private final TeamDeletion deletion;
    private final TeamReading reading;

    TeamResource(Authorizer authorizer, Teams teams, TeamUpdates updates, TeamDeletion deletion, TeamReading reading) {
        this.authorizer = authorizer;
        this.teams = teams;
        this.updates = updates;
        this.deletion = deletion;
        this.reading = reading;
    }

    @POST
    @Path("/new")
    @Operation(summary = "Makes a team, in an organization or on its own. The caller becomes its admin.")
    public Uni<TeamView> create(@NotNull @Valid NewTeamRequest request) {
        return authorizer.require(Action.CREATE_TEAM).flatMap(scope -> teams.create(scope, request));
    }

    @POST
    @Path("/update")
    @Operation(
            summary =
                    "Changes a team, or moves it to another organization. Absent fields stay, null clears, 0 allows nothing; metadata is replaced.")
    public Uni<UpdatedTeamView> update(@NotNull @Valid UpdateTeamRequest request) {
        return authorizer
                .require(Action.UPDATE_TEAM)
                .flatMap(scope -> updates.update(scope, request.requiredId(), request, FoldedMetadata.Rule.REPLACE))
                .flatMap(reading::afterChange)
                .map(UpdatedTeamView::of);
    }

    @PATCH
    @Path("/{team_id}")
    @Operation(summary = "Changes a team, as /team/update does; metadata is merged, and the answer is the team itself.")
    public Uni<TeamView> patch(
            @Parameter(description = "The team to be changed") @PathParam("team_id") String teamId,
            @NotNull @Valid UpdateTeamRequest request) {
        return authorizer
                .require(Action.UPDATE_TEAM)
                .flatMap(scope -> updates.update(scope, request.idOfPath(teamId), request, FoldedMetadata.Rule.MERGE))
                .flatMap(reading::afterChange);
    }

    @POST
    @Path("/delete")
    @Operation(summary = "Deletes teams with their members and keys, all that are named or none.")
    public Uni<DeletedTeamsView> delete(@NotNull @Valid DeleteTeamsRequest request) {
        return authorizer
                .require(Action.DELETE_TEAM)
                .flatMap(scope -> deletion.delete(scope, request.teamIds()))
                .map(DeletedTeamsView::new);
    }

    @GET
    @Path("/info")
    @Operation(summary = "One team with its keys that have not expired and its members.")
    public Uni<TeamInfoView> info(
            @Parameter(description = "The team") @NotBlank @QueryParam("team_id") String teamId,
            @Parameter(description = "How many keys are shown at most") @QueryParam("key_limit") String keyLimit) {
        var mostKeys = QueryNumbers.positive("key_limit", keyLimit, TeamReading.MOST_KEYS);
        return authorizer.require(Action.READ_TEAM).flatMap(scope -> reading.info(scope, teamId, mostKeys));
    }

    @GET
    @Path("/list")
    @Operation(summary = "The teams that the caller may see, by alias, with members and keys. /v2/team/list has pages.")
    public Uni<List<TeamListEntryView>> list(
            @Parameter(description = "Only teams of this member") @QueryParam("user_id") String userId,
            @Parameter(description = "Only teams of this organization; default_organization stands for none")
                    @QueryParam("organization_id")
                    String organizationId) {
        return authorizer
                .require(Action.LIST_TEAMS)
                .flatMap(scope -> reading.list(scope, new Filter(userId, organizationId)));
    }
}
