package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
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
 * Answers a query that cannot be decoded, or that holds what no stored text holds, with the one error body and the parameter's name. The framework
 * would answer the first with no body at all, and the database the second without a name.
 */
@ApplicationScoped
class ReadableQuery {

    /** Whatever looks at a parameter fails over such a query. */
    private static final int BEFORE_EVERYTHING = Integer.MIN_VALUE;

    private final ObjectMapper json;

    ReadableQuery(ObjectMapper json) {
        this.json = json;
    }

    void route(@Observes Router router) {
        router.route().order(BEFORE_EVERYTHING).handler(this::check);
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
        return new FieldError("value_error", location, "is not percent-encoded text, or holds U+0000", null);
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
