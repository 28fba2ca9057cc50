package io.tenantry.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.RouteConstants;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Answers a body that is announced as too large before it is sent, in the one error body: the framework would answer with none. A body
 * in chunks announces nothing; the framework counts it and answers 413 without a body when it passes the limit.
 */
@ApplicationScoped
class BodyLimit {

    /** Just before the framework's own check. */
    private static final int BEFORE_THE_FRAMEWORK = RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT - 1;

    private final long limitBytes;
    private final String tooLarge;

    BodyLimit(@ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize limit, ObjectMapper json)
            throws IOException {
        this.limitBytes = limit.asLongValue();
        var problem = Problem.of(ProblemCode.BODY_TOO_LARGE)
                .detail("The body is larger than %d bytes, which is the most that is read", limitBytes);
        this.tooLarge = json.writeValueAsString(ErrorBody.of(problem));
    }

    void route(@Observes Router router) {
        router.route().order(BEFORE_THE_FRAMEWORK).handler(this::check);
    }

    private void check(RoutingContext exchange) {
        if (announced(exchange.request()) <= limitBytes) {
            exchange.next();
            return;
        }
        exchange.response()
                .setStatusCode(ProblemCode.BODY_TOO_LARGE.status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                // what the caller may already be sending is never read
                .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
                .endHandler(sent -> exchange.request().connection().close())
                .end(tooLarge);
    }

    private static long announced(HttpServerRequest request) {
        var length = request.headers().get(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? 0 : Long.parseLong(length);
        } catch (NumberFormatException longerThanANumber) {
            return Long.MAX_VALUE;
        }
    }
}
