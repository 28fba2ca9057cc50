package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.GatewayGate;
import io.vertx.core.http.HttpServerRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What a proxy or a batch job says of uses that nobody admitted. */
@Path("/v1/usage")
@Tag(name = "Admission")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class UsageResource {

    private final GatewayGate gate;
    private final UnadmittedUsage usage;

    UsageResource(GatewayGate gate, UnadmittedUsage usage) {
        this.gate = gate;
        this.usage = usage;
    }

    @POST
    @Operation(
            summary =
                    "Books uses that had no admission, up to 1,000, each exactly once by its request_id. The answer says of each what became of it.")
    public Uni<UsageView> book(@NotNull @Valid UsageRequest request, @Context HttpServerRequest http) {
        return gate.enter(http.headers()).chain(() -> usage.book(request.uses()));
    }
}
