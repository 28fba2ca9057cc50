package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A team's keys over HTTP. */
@Path("/team/key")
@Tag(name = "Keys")
public class TeamKeyResource {

    private final KeyReaches reaches;
    private final BulkKeyUpdates updates;

    TeamKeyResource(KeyReaches reaches, BulkKeyUpdates updates) {
        this.reaches = reaches;
        this.updates = updates;
    }

    /** The same change to many keys of a team. */
    @POST
    @Path("/bulk_update")
    @Operation(
            summary = "Changes many keys of a team in the same way",
            description =
                    "update_fields takes budgets, limits, duration, tags, metadata and the temporary increase. One result per key.")
    public Uni<BulkUpdateView> update(@Valid @NotNull BulkUpdateTeamKeysRequest body) {
        return reaches.of(Action.UPDATE_TEAM_KEYS)
                .flatMap(reach -> updates.updateTeam(reach, body))
                .map(BulkUpdateView::of);
    }
}
