package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of the list of teams that has pages. */
@Path("/v2/team")
@Tag(name = "Teams")
@Produces(MediaType.APPLICATION_JSON)
public class TeamPageResource {

    private final Authorizer authorizer;
    private final TeamPages pages;

    TeamPageResource(Authorizer authorizer, TeamPages pages) {
        this.authorizer = authorizer;
        this.pages = pages;
    }

    @GET
    @Path("/list")
    @Operation(summary = "A page of the teams that the caller may see, newest first unless sorted otherwise.")
    public Uni<TeamPageView> list(
            @Parameter(description = "Only teams of this member") @QueryParam("user_id") String userId,
            @Parameter(description = "Only teams of this organization; default_organization stands for none")
                    @QueryParam("organization_id")
                    String organizationId,
            @Parameter(description = "Only this team") @QueryParam("team_id") String teamId,
            @Parameter(description = "A part of the alias, in any case") @QueryParam("team_alias") String alias,
            @Parameter(description = "An id, or a part of the alias") @QueryParam("search") String search,
            @Parameter(description = "Whether search names a whole id (exact) or its beginning (prefix)")
                    @QueryParam("search_team_id_match")
                    String searchMatch,
            @Parameter(description = "The page, from 1") @QueryParam("page") String page,
            @Parameter(description = "Teams a page, 100 at most; 10 where left out") @QueryParam("page_size")
                    String pageSize,
            @Parameter(description = "team_id, team_alias or created_at") @QueryParam("sort_by") String sortBy,
            @Parameter(description = "asc or desc") @QueryParam("sort_order") String sortOrder,
            @Parameter(description = "deleted: teams that were deleted, last deleted first") @QueryParam("status")
                    String status) {
        var query = TeamPageQuery.of(
                userId,
                organizationId,
                teamId,
                alias,
                search,
                searchMatch,
                new TeamPageQuery.Sent(page, pageSize, sortBy, sortOrder, status));
        return authorizer.require(Action.LIST_TEAMS).flatMap(scope -> pages.page(scope, query));
    }
}
