package io.tenantry.keys;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.tenantry.identity.Action;
import io.tenantry.keys.BulkUpdateView.Line;
import io.tenantry.keys.BulkUpdateView.Sums;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestStreamElementType;

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
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            summary = "Changes many keys of a team in the same way",
            description =
                    "update_fields takes budgets, limits, duration, tags, metadata and the temporary increase. One result per key.")
    public Uni<BulkUpdateView> update(@Valid @NotNull BulkUpdateTeamKeysRequest body) {
        return reaches.of(Action.UPDATE_TEAM_KEYS)
                .flatMap(reach -> updates.updateTeam(reach, body))
                .map(BulkUpdateView::of);
    }

    /** The same, telling of each key as soon as its chunk is committed. */
    @POST
    @Path("/bulk_update")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces("application/x-ndjson")
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    @Operation(summary = "Changes many keys of a team in the same way; a line per result while it goes on")
    public Multi<Object> updateTold(@Valid @NotNull BulkUpdateTeamKeysRequest body) {
        return reaches.of(Action.UPDATE_TEAM_KEYS).onItem().transformToMulti(reach -> Multi.createFrom()
                .emitter(emitter -> tell(reach, body, emitter)));
    }

    /** At its own pace: a slow reader holds up no transaction. One that has gone stops the work at the end of a chunk. */
    private void tell(KeyReach reach, BulkUpdateTeamKeysRequest body, MultiEmitter<? super Object> lines) {
        var sums = new AtomicReference<>(Sums.NONE);
        updates.updateTeam(reach, body, results -> {
                    if (lines.isCancelled()) {
                        throw new CancellationException("the caller has gone");
                    }
                    sums.updateAndGet(before -> before.plus(results));
                    results.forEach(result -> lines.emit(Line.of(result)));
                })
                .subscribe()
                .with(
                        done -> {
                            lines.emit(sums.get());
                            lines.complete();
                        },
                        lines::fail);
    }
}
