package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Refunds and corrections. */
@Path("/v1/adjustments")
@Tag(name = "Spend")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AdjustmentResource {

    private final Authorizer authorizer;
    private final Adjustments adjustments;

    AdjustmentResource(Authorizer authorizer, Adjustments adjustments) {
        this.authorizer = authorizer;
        this.adjustments = adjustments;
    }

    @POST
    @Operation(
            summary =
                    "Books a refund or a charge as an entry of its own, to a request or to a level and those above it. Proxy admins only; audited. Repeating it under one adjustment_id gives the first answer.")
    public Uni<AdjustmentView> adjust(@NotNull @Valid NewAdjustmentRequest request) {
        return authorizer.require(Action.ADJUST_SPEND).flatMap(scope -> adjustments.adjust(scope, request));
    }
}
