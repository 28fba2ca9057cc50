package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of single settings of a team: whether it is blocked, its models, what its members may do. */
@Path("/team")
@Tag(name = "Teams")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class TeamSettingsResource {

    private final Authorizer authorizer;
    private final TeamUpdates updates;
    private final TeamRepository repository;
    private final TeamReading reading;
    private final BulkPermissions bulkPermissions;

    TeamSettingsResource(
            Authorizer authorizer,
            TeamUpdates updates,
            TeamRepository repository,
            TeamReading reading,
            BulkPermissions bulkPermissions) {
        this.authorizer = authorizer;
        this.updates = updates;
        this.repository = repository;
        this.reading = reading;
        this.bulkPermissions = bulkPermissions;
    }

    /** A request that names a team. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record NamedTeamRequest(@NotBlank String teamId) {}

    /** Models that a team gets or loses. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TeamModelsRequest(
            @NotBlank String teamId, @NotNull List<@NotBlank @Size(max = 255) String> models) {}

    /** What plain members shall be allowed. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TeamPermissionsRequest(
            @NotBlank String teamId, @NotNull List<@NotNull String> teamMemberPermissions) {}

    /** What plain members are allowed, and what they could be. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record TeamPermissionsView(
            String teamId, List<String> teamMemberPermissions, List<String> allAvailablePermissions) {}

    @POST
    @Path("/block")
    @Operation(summary = "Blocks a team: when the answer is out, no instance admits a key of it.")
    public Uni<TeamView> block(@NotNull @Valid NamedTeamRequest request) {
        return authorizer
                .require(Action.BLOCK_TEAM)
                .flatMap(scope -> updates.block(scope, request.teamId(), true))
                .flatMap(reading::afterChange);
    }

    @POST
    @Path("/unblock")
    @Operation(summary = "Lets the keys of a blocked team work again.")
    public Uni<TeamView> unblock(@NotNull @Valid NamedTeamRequest request) {
        return authorizer
                .require(Action.UNBLOCK_TEAM)
                .flatMap(scope -> updates.block(scope, request.teamId(), false))
                .flatMap(reading::afterChange);
    }

    @POST
    @Path("/model/add")
    @Operation(summary = "Gives a team models. One that may use every model stays so.")
    public Uni<TeamView> addModels(@NotNull @Valid TeamModelsRequest request) {
        return authorizer
                .require(Action.CHANGE_TEAM_MODELS)
                .flatMap(scope -> updates.addModels(scope, request.teamId(), request.models()))
                .flatMap(reading::afterChange);
    }

    @POST
    @Path("/model/delete")
    @Operation(
            summary =
                    "Takes models from a team. The last one cannot be taken: a team without a list may use every model.")
    public Uni<TeamView> removeModels(@NotNull @Valid TeamModelsRequest request) {
        return authorizer
                .require(Action.CHANGE_TEAM_MODELS)
                .flatMap(scope -> updates.removeModels(scope, request.teamId(), request.models()))
                .flatMap(reading::afterChange);
    }

    @GET
    @Path("/permissions_list")
    @Operation(summary = "What a team lets its plain members do, and what it could.")
    public Uni<TeamPermissionsView> permissions(
            @Parameter(description = "The team") @NotBlank @QueryParam("team_id") String teamId) {
        return authorizer
                .require(Action.READ_TEAM_PERMISSIONS)
                .flatMap(scope -> Panache.withSession(() -> repository.require(scope, teamId)))
                .map(team -> new TeamPermissionsView(team.teamId, team.memberPermissions, MemberPermissions.ALL));
    }

    @POST
    @Path("/permissions_update")
    @Operation(summary = "Sets what a team lets its plain members do.")
    public Uni<TeamView> updatePermissions(@NotNull @Valid TeamPermissionsRequest request) {
        return authorizer
                .require(Action.UPDATE_TEAM_PERMISSIONS)
                .flatMap(scope -> updates.permit(scope, request.teamId(), request.teamMemberPermissions()))
                .flatMap(reading::afterChange);
    }

    @POST
    @Path("/permissions_bulk_update")
    @Operation(summary = "Lets the plain members of many teams, or of all, do something in addition.")
    public Uni<BulkPermissionsView> addPermissions(@NotNull @Valid BulkPermissionsRequest request) {
        return authorizer
                .require(Action.UPDATE_ALL_TEAM_PERMISSIONS)
                .flatMap(scope -> bulkPermissions.add(scope, request));
    }
}
