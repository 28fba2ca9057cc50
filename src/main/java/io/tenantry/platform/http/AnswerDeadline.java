package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.RouteConstants;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;

/**
 * The last deadline of a management call. Waiting for a connection and each statement have their own; what this one is for is a database that stops
 * in the middle of a statement and keeps the connection open. What such a call has changed is undone when its connection ends.
 */
@ApplicationScoped
class AnswerDeadline {

    private static final Logger LOG = Logger.getLogger(AnswerDeadline.class);
    private static final int BEFORE_THE_FRAMEWORK = RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT - 2;

    private final long deadlineMillis;
    private final String tooLate;

    AnswerDeadline(HttpConfig config, ObjectMapper json) throws JsonProcessingException {
        this.deadlineMillis = config.managementDeadline().toMillis();
        var problem = Problem.of(ProblemCode.DATABASE_UNAVAILABLE)
                .detail(
                        "The call took longer than %d ms and its outcome is not known: look, or repeat it under the same Idempotency-Key",
                        deadlineMillis);
        this.tooLate = json.writeValueAsString(ErrorBody.of(problem));
    }

    void route(@Observes Router router) {
        router.route().order(BEFORE_THE_FRAMEWORK).handler(this::watch);
    }

    private void watch(RoutingContext exchange) {
        if (ManagementPaths.cover(exchange.normalizedPath())) {
            long timer = exchange.vertx().setTimer(deadlineMillis, late -> giveUp(exchange));
            exchange.addEndHandler(end -> exchange.vertx().cancelTimer(timer));
        }
        exchange.next();
    }

    private void giveUp(RoutingContext exchange) {
        var response = exchange.response();
        if (response.headWritten() || response.ended() || response.closed()) {
            return;
        }
        LOG.infof("No answer to %s %s in time", exchange.request().method(), exchange.normalizedPath());
        response.setStatusCode(ProblemCode.DATABASE_UNAVAILABLE.status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
                .end(tooLate)
                .onComplete(sent -> exchange.request().connection().close());
    }
}
