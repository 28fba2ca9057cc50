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
import java.util.regex.Pattern;

/** Answers a Content-Type that is none with 415: where several kinds of bodies are taken, the framework would fail over it. */
@ApplicationScoped
class MediaTypes {

    private static final int BEFORE_THE_FRAMEWORK = RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT - 3;
    private static final Pattern MEDIA_TYPE =
            Pattern.compile("\\s*[A-Za-z0-9!#$%&'*+.^_`|~-]+/[A-Za-z0-9!#$%&'*+.^_`|~-]+\\s*(;.*)?");

    private final String unsupported;

    MediaTypes(ObjectMapper json) throws JsonProcessingException {
        this.unsupported = json.writeValueAsString(ErrorBody.of(Problem.of(ProblemCode.UNSUPPORTED_MEDIA_TYPE)));
    }

    void route(@Observes Router router) {
        router.route().order(BEFORE_THE_FRAMEWORK).handler(this::check);
    }

    private void check(RoutingContext exchange) {
        var type = exchange.request().getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null
                || type.equals("application/json")
                || MEDIA_TYPE.matcher(type).matches()) {
            exchange.next();
            return;
        }
        exchange.response()
                .setStatusCode(ProblemCode.UNSUPPORTED_MEDIA_TYPE.status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(unsupported);
    }
}
