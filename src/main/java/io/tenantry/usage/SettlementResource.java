package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.admission.AdmissionId;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.GatewayGate;
import io.vertx.core.http.HttpServerRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What a proxy says after a model call. */
@Path("/v1/admissions/{admission_id}/settlement")
@Tag(name = "Admission")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class SettlementResource {

    private final GatewayGate gate;
    private final Settlement settlement;

    SettlementResource(GatewayGate gate, Settlement settlement) {
        this.gate = gate;
        this.settlement = settlement;
    }

    @POST
    @Operation(
            summary =
                    "Books what was really used, exactly once, and replaces the hold by it. Repeating it gives the first answer.")
    public Uni<SettlementView> settle(
            @Parameter(description = "As the admission was answered with it") @PathParam("admission_id")
                    String admissionId,
            @NotNull @Valid SettlementRequest request,
            @Context HttpServerRequest http) {
        return gate.enter(http.headers())
                .map(caller -> admissionId(admissionId))
                .flatMap(id -> settlement.settle(id, request));
    }

    /** Fails with NOT_FOUND. */
    static AdmissionId admissionId(String text) {
        return AdmissionId.parse(text).filter(AdmissionId::isBookable).orElseThrow(SettlementResource::unknown);
    }

    private static Problem unknown() {
        return Problem.of(ProblemCode.NOT_FOUND)
                .param("admission_id")
                .detail("This is no admission_id of ours (not found)");
    }
}
