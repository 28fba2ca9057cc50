package io.tenantry.usage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.GatewayGate;
import io.tenantry.platform.http.ShortWay;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.UncheckedIOException;

/** The short way for settlements: what {@link SettlementResource#settle} does, without the machinery that every other call may have. */
@ApplicationScoped
class SettlementRoute {

    private static final String ID = "admission_id";

    private final ShortWay way;
    private final GatewayGate gate;
    private final Settlement settlement;
    private final ObjectWriter views;

    SettlementRoute(ShortWay way, GatewayGate gate, Settlement settlement, ObjectMapper json) {
        this.way = way;
        this.gate = gate;
        this.settlement = settlement;
        this.views = json.writerFor(SettlementView.class);
    }

    void route(@Observes Router router) {
        way.post(
                router,
                "/v1/admissions/:" + ID + "/settlement",
                SettlementRequest.class,
                SettlementRequest::looksOrdinary,
                this::settle);
    }

    private Uni<Buffer> settle(SettlementRequest request, RoutingContext exchange) {
        return gate.enter(exchange.request().headers())
                .map(caller -> SettlementResource.admissionId(exchange.pathParam(ID)))
                .flatMap(id -> settlement.settle(id, request))
                .map(this::write);
    }

    private Buffer write(SettlementView view) {
        try {
            return Buffer.buffer(views.writeValueAsBytes(view));
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
