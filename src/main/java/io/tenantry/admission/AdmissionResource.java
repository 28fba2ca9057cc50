package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.GatewayGate;
import io.tenantry.limits.engine.StoreUnavailable;
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
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
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
    private final OpenAdmissions open;
    private final Explanation explanation;
    private final DecisionMetrics metrics;

    AdmissionResource(
            GatewayGate gate,
            Admission admission,
            Releases releases,
            OpenAdmissions open,
            Explanation explanation,
            DecisionMetrics metrics) {
        this.gate = gate;
        this.admission = admission;
        this.releases = releases;
        this.open = open;
        this.explanation = explanation;
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
    public Uni<ReleaseView> release(
            @Parameter(description = "As the admission was answered with it") @PathParam("admission_id")
                    String admissionId,
            @Context HttpServerRequest http) {
        return gate.enter(http.headers())
                .map(caller -> AdmissionId.parse(admissionId).orElseThrow(() -> unknown(admissionId)))
                .flatMap(releases::release)
                .map(id -> new ReleaseView(admissionId, id.requestId(), true));
    }

    @POST
    @Path("/{admission_id}/extension")
    @Consumes(MediaType.WILDCARD)
    @Operation(
            summary =
                    "A long answer is still running: renews the lease of its slots and money. Repeating it renews again; 409 when the admission has ended.")
    public Uni<ExtensionView> extend(
            @Parameter(description = "As the admission was answered with it") @PathParam("admission_id")
                    String admissionId,
            @Context HttpServerRequest http) {
        return gate.enter(http.headers())
                .map(caller -> AdmissionId.parse(admissionId).orElseThrow(() -> unknown(admissionId)))
                .flatMap(this::extend);
    }

    private Uni<ExtensionView> extend(AdmissionId id) {
        return open.extend(id)
                .onFailure(StoreUnavailable.class)
                .transform(away -> Problem.of(ProblemCode.LIMITS_UNAVAILABLE)
                        .detail("The lease cannot be renewed right now; try again")
                        .internally(away.getMessage()))
                .map(ends -> ends.orElseThrow(AdmissionResource::ended))
                .map(ends -> new ExtensionView(id.text(), id.requestId(), ends));
    }

    private static Problem ended() {
        return Problem.of(ProblemCode.CONFLICT)
                .param("admission_id")
                .detail(
                        "This admission has ended or its lease ran out. Settle it if the model answered; ask for a new admission otherwise");
    }

    @POST
    @Path("/explain")
    @Operation(
            summary =
                    "Would this request pass? Shows every level and every limit with its verdict and the rule it comes from. Takes nothing.")
    public Uni<ExplanationView> explain(@NotNull @Valid AdmissionRequest request, @Context HttpServerRequest http) {
        return gate.enter(http.headers()).chain(() -> explanation.of(request));
    }

    private static Problem unknown(String admissionId) {
        return Problem.of(ProblemCode.NOT_FOUND)
                .param("admission_id")
                .detail("This is no admission_id of ours (not found)");
    }
}
