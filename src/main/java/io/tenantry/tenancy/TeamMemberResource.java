package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.identity.CurrentCaller;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of team members. */
@Path("/team")
@Tag(name = "Team members")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class TeamMemberResource {

    private final Authorizer authorizer;
    private final CurrentCaller current;
    private final OpenTeams open;
    private final TeamMembers members;
    private final BulkTeamMembers bulk;
    private final TeamMemberUpdates updates;
    private final TeamMemberSpend spend;
    private final TeamReading reading;

    TeamMemberResource(
            Authorizer authorizer,
            CurrentCaller current,
            OpenTeams open,
            TeamMembers members,
            BulkTeamMembers bulk,
            TeamMemberUpdates updates,
            TeamMemberSpend spend,
            TeamReading reading) {
        this.authorizer = authorizer;
        this.current = current;
        this.open = open;
        this.members = members;
        this.bulk = bulk;
        this.updates = updates;
        this.spend = spend;
        this.reading = reading;
    }

    /** What counts for a member after its own budget was taken away. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record ResetBudgetView(
            String teamId, String userId, String budgetId, String previousBudgetId, String budgetSource) {

        static ResetBudgetView of(TeamMemberUpdates.Reset reset) {
            return new ResetBudgetView(
                    reset.membership().teamId,
                    reset.membership().userId,
                    reset.budgetId(),
                    reset.previousBudgetId(),
                    reset.source());
        }
    }

    /** The caller's own membership. */
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    public record OwnMembershipView(
            @JsonUnwrapped TeamMembershipView membership, String role, String userEmail, String teamAlias) {}

    @POST
    @Path("/member_add")
    @Operation(summary = "Adds users to a team; those who do not exist yet are made.")
    public Uni<TeamMembersAddedView> add(@NotNull @Valid AddTeamMembersRequest request) {
        var added = open.isJoining(current.get(), request)
                ? authorizer.require(Action.JOIN_OPEN_TEAM).flatMap(scope -> members.joinOpen(scope, request.teamId()))
                : authorizer.require(Action.ADD_TEAM_MEMBER).flatMap(scope -> members.add(scope, request));
        return added.flatMap(reading::afterAddition);
    }

    @POST
    @Path("/bulk_member_add")
    @Operation(summary = "Adds up to 500 users, or all, to a team, with one result each; with atomic=true all or none.")
    public Uni<BulkMembersView> addMany(@NotNull @Valid BulkAddTeamMembersRequest request) {
        return authorizer
                .require(Action.ADD_TEAM_MEMBER)
                .flatMap(scope -> bulk.add(scope, request))
                .flatMap(reading::afterBulk);
    }

    @POST
    @Path("/member_update")
    @Operation(summary = "Changes a member's role, or what it may spend and use in the team.")
    public Uni<TeamMemberView> update(@NotNull @Valid UpdateTeamMemberRequest request) {
        return authorizer.require(Action.UPDATE_TEAM_MEMBER).flatMap(scope -> updates.update(scope, request));
    }

    @POST
    @Path("/member_delete")
    @Operation(summary = "Takes a member out of a team and ends the keys that it had there.")
    public Uni<TeamView> remove(@NotNull @Valid DeleteTeamMemberRequest request) {
        return authorizer
                .require(Action.DELETE_TEAM_MEMBER)
                .flatMap(scope -> members.remove(scope, request.teamId(), request.person()))
                .flatMap(reading::afterChange);
    }

    @POST
    @Path("/{team_id}/member/{user_id}/reset_budget")
    @Operation(summary = "Takes a member's own budget away: it follows the team's default again.")
    public Uni<ResetBudgetView> resetBudget(
            @Parameter(description = "The team") @PathParam("team_id") String teamId,
            @Parameter(description = "The member") @PathParam("user_id") String userId) {
        return authorizer
                .require(Action.UPDATE_TEAM_MEMBER)
                .flatMap(scope -> updates.resetBudget(scope, teamId, userId))
                .map(ResetBudgetView::of);
    }

    @POST
    @Path("/{team_id}/member/{user_id}/reset_spend")
    @Operation(
            summary = "Makes a member's spend of the current period count as reset_to from now on",
            description =
                    "Only what is compared with the member's cap changes; the team's spend, the ledger and its reports keep every booking.")
    public Uni<TeamMemberSpend.Reset> resetSpend(
            @Parameter(description = "The team") @PathParam("team_id") String teamId,
            @Parameter(description = "The member") @PathParam("user_id") String userId,
            @NotNull @Valid ResetSpendRequest request) {
        return authorizer
                .require(Action.UPDATE_TEAM_MEMBER)
                .flatMap(scope -> spend.reset(scope, teamId, userId, request.resetTo()));
    }

    @GET
    @Path("/{team_id}/members/me")
    @Operation(summary = "The caller's own membership of a team, with what it may spend and has spent.")
    public Uni<OwnMembershipView> own(@Parameter(description = "The team") @PathParam("team_id") String teamId) {
        return authorizer.require(Action.READ_TEAM).flatMap(scope -> reading.ownMembership(scope, teamId));
    }
}
