package io.tenantry.admission;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.GatewayGate;
import io.tenantry.platform.http.ShortWay;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** The short way for {@code POST /v1/admissions}: what {@link AdmissionResource#admit} does, without the machinery that every other call may have. */
@ApplicationScoped
class AdmissionRoute {

    private final ShortWay way;
    private final GatewayGate gate;
    private final Admission admission;
    private final DecisionMetrics metrics;
    private final DecisionJson decisions;

    AdmissionRoute(
            ShortWay way, GatewayGate gate, Admission admission, DecisionMetrics metrics, DecisionJson decisions) {
        this.way = way;
        this.gate = gate;
        this.admission = admission;
        this.metrics = metrics;
        this.decisions = decisions;
    }

    void route(@Observes Router router) {
        way.post(router, "/v1/admissions", AdmissionRequest.class, AdmissionRequest::looksOrdinary, this::admit);
    }

    private Uni<Buffer> admit(AdmissionRequest request, RoutingContext exchange) {
        return gate.enter(exchange.request().headers())
                .flatMap(caller -> admission.decide(request))
                .invoke(metrics::count)
                .map(decisions::write);
    }
}
