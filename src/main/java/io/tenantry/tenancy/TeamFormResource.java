package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The HTTP edge of what forms ask for about teams. */
@Path("/team")
@Tag(name = "Teams")
@Produces(MediaType.APPLICATION_JSON)
public class TeamFormResource {

    private final Authorizer authorizer;
    private final OpenTeams open;
    private final TeamPages pages;

    TeamFormResource(Authorizer authorizer, OpenTeams open, TeamPages pages) {
        this.authorizer = authorizer;
        this.open = open;
        this.pages = pages;
    }

    /** The metadata that teams should have. */
    public record MetadataSchemaView(List<Map<String, String>> fields) {}

    @GET
    @Path("/available")
    @Operation(summary = "The teams that the caller may join without an admin.")
    public Uni<List<TeamView>> available() {
        return authorizer.require(Action.LIST_OPEN_TEAMS).flatMap(open::of);
    }

    @GET
    @Path("/filter/ui")
    @Operation(summary = "Teams whose id or alias has these parts, newest first.")
    public Uni<List<TeamView>> lookUp(
            @Parameter(description = "A part of the id, in any case") @QueryParam("team_id") String idPart,
            @Parameter(description = "A part of the alias, in any case") @QueryParam("team_alias") String aliasPart,
            @Parameter(description = "The page, from 1") @QueryParam("page") String page,
            @Parameter(description = "Teams a page, 100 at most; 50 where left out") @QueryParam("page_size")
                    String pageSize) {
        var query = TeamPageQuery.ofForm(idPart, aliasPart, new TeamPageQuery.Sent(page, pageSize, null, null, null));
        return authorizer.require(Action.LIST_TEAMS).flatMap(scope -> pages.rows(scope, query));
    }

    @GET
    @Path("/metadata_schema")
    @Operation(summary = "The metadata that the operator asks teams to have.")
    public Uni<MetadataSchemaView> metadataSchema() {
        return authorizer.require(Action.LIST_OPEN_TEAMS).map(scope -> new MetadataSchemaView(open.metadataFields()));
    }
}
