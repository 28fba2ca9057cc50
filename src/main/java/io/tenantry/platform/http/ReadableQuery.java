package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.RouteConstants;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.http.ErrorBody.FieldError;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Answers a query that holds what no stored text holds with the one error body and the parameter's name: the database would refuse it without one. (A
 * query with a broken escape is mostly answered by the server before it comes here, with 400 and no body.)
 */
@ApplicationScoped
class ReadableQuery {

    private static final int BEFORE_THE_FRAMEWORK = RouteConstants.ROUTE_ORDER_UPLOAD_LIMIT - 4;

    private final ObjectMapper json;

    ReadableQuery(ObjectMapper json) {
        this.json = json;
    }

    void route(@Observes Router router) {
        router.route().order(BEFORE_THE_FRAMEWORK).handler(this::check);
    }

    private void check(RoutingContext exchange) {
        var query = exchange.request().query();
        // most requests have nothing to decode
        var unreadable = query == null || query.indexOf('%') < 0 ? null : unreadable(query);
        if (unreadable == null) {
            exchange.next();
        } else {
            refuse(exchange, unreadable);
        }
    }

    /** What cannot be read; null when everything can. */
    private static FieldError unreadable(String query) {
        for (var pair : query.split("&")) {
            int end = pair.indexOf('=');
            var name = end < 0 ? pair : pair.substring(0, end);
            if (!isReadable(name)) {
                return wrong(List.of(FieldErrors.QUERY));
            }
            if (end >= 0 && !isReadable(pair.substring(end + 1))) {
                return wrong(List.of(FieldErrors.QUERY, decoded(name)));
            }
        }
        return null;
    }

    private static FieldError wrong(List<String> location) {
        return new FieldError(
                "value_error",
                location,
                "holds the character U+0000 or half of a surrogate pair, which no stored text does",
                null);
    }

    private static boolean isReadable(String text) {
        try {
            return StorableText.isStorable(decoded(text));
        } catch (IllegalArgumentException broken) {
            return false;
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private void refuse(RoutingContext exchange, FieldError field) {
        exchange.response()
                .setStatusCode(ProblemCode.VALIDATION.status)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .end(body(field));
    }

    private String body(FieldError field) {
        try {
            return json.writeValueAsString(ErrorBody.of(FieldErrors.problem(List.of(field)), List.of(field)));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
