package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Several keys at once over HTTP. */
@Path("/v2/key")
@Tag(name = "Keys")
public class KeyInfosResource {

    private final Authorizer authorizer;
    private final Keys keys;

    KeyInfosResource(Authorizer authorizer, Keys keys) {
        this.authorizer = authorizer;
        this.keys = keys;
    }

    /** Those of the keys that the caller may see. */
    @POST
    @Path("/info")
    @Operation(summary = "Several keys. Those that are not there, or somebody else's, are left out.")
    public Uni<KeyInfosView> info(@Valid @NotNull KeyInfosRequest body) {
        return authorizer
                .require(Action.READ_KEY)
                .flatMap(scope -> keys.infos(scope, body.keys()))
                .map(rows -> new KeyInfosView(body.keys(), rows));
    }
}
