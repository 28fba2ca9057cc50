package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.GatewayGate;
import io.vertx.core.http.HttpServerRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What a proxy asks before and after a model call. */
@Path("/v1/admissions")
@Tag(name = "Admission")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class AdmissionResource {

    private final GatewayGate gate;
    private final Admission admission;
    private final Releases releases;
    private final DecisionMetrics metrics;

    AdmissionResource(GatewayGate gate, Admission admission, Releases releases, DecisionMetrics metrics) {
        this.gate = gate;
        this.admission = admission;
        this.releases = releases;
        this.metrics = metrics;
    }

    @POST
    @Operation(
            summary =
                    "May this request pass? Takes what it may use, or says why not. A refusal is a 200 with admitted=false.")
    public Uni<DecisionView> admit(@NotNull @Valid AdmissionRequest request, @Context HttpServerRequest http) {
        return gate.enter(http.headers())
                .chain(() -> admission.decide(request))
                .invoke(metrics::count)
                .map(DecisionView::of);
    }

    @DELETE
    @Path("/{admission_id}")
    @Consumes(MediaType.WILDCARD)
    @Operation(summary = "The model was not called: gives everything back. Repeating it changes nothing.")
    public Uni<ReleaseView> release(@PathParam("admission_id") String admissionId, @Context HttpServerRequest http) {
        return gate.enter(http.headers())
                .map(caller -> AdmissionId.parse(admissionId).orElseThrow(() -> unknown(admissionId)))
                .flatMap(releases::release)
                .map(id -> new ReleaseView(admissionId, id.requestId(), true));
    }

    private static Problem unknown(String admissionId) {
        return Problem.of(ProblemCode.NOT_FOUND)
                .param("admission_id")
                .detail("This is no admission_id of ours (not found)");
    }
}
