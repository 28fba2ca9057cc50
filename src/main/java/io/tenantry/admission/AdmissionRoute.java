package io.tenantry.admission;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.smallrye.mutiny.Uni;
import io.tenantry.identity.GatewayGate;
import io.tenantry.platform.http.FailureAnswers;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Validator;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The short way for {@code POST /v1/admissions}: what {@link AdmissionResource#admit} does for requests as proxies send them by the thousand,
 * without the machinery that every other call may have. Whatever is unusual (another media type, a body in chunks) goes on to the resource. A test holds
 * the two alike.
 */
@ApplicationScoped
class AdmissionRoute {

    /** Also before the framework's filters: they prepare what only resources need. */
    private static final int BEFORE_THE_FRAMEWORK = -1_000;

    private static final int OK = 200;
    private static final int LARGEST_BODY_BYTES = 64 * 1024;
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json;charset=UTF-8");

    private final GatewayGate gate;
    private final Admission admission;
    private final DecisionMetrics metrics;
    private final DecisionJson decisions;
    private final FailureAnswers failures;
    private final Validator validator;
    private final ObjectReader requests;

    AdmissionRoute(
            GatewayGate gate,
            Admission admission,
            DecisionMetrics metrics,
            DecisionJson decisions,
            FailureAnswers failures,
            Validator validator,
            ObjectMapper json) {
        this.gate = gate;
        this.admission = admission;
        this.metrics = metrics;
        this.decisions = decisions;
        this.failures = failures;
        this.validator = validator;
        this.requests = json.readerFor(AdmissionRequest.class);
    }

    void route(@Observes Router router) {
        router.post("/v1/admissions").order(BEFORE_THE_FRAMEWORK).handler(this::read);
    }

    private void read(RoutingContext exchange) {
        if (isUsual(exchange.request())) {
            // the framework has paused it for whoever would read it
            exchange.request().bodyHandler(body -> admit(body, exchange)).resume();
        } else {
            exchange.next();
        }
    }

    private static boolean isUsual(HttpServerRequest request) {
        return isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))
                && acceptsJson(request.getHeader(HttpHeaders.ACCEPT))
                && length(request.getHeader(HttpHeaders.CONTENT_LENGTH)) <= LARGEST_BODY_BYTES
                && !request.headers().contains(HttpHeaders.EXPECT);
    }

    private static boolean isJson(String type) {
        return type != null && (type.equals("application/json") || type.startsWith("application/json;"));
    }

    private static boolean acceptsJson(String accepted) {
        return accepted == null || accepted.contains("*/*") || accepted.contains("application/json");
    }

    private static long length(String header) {
        try {
            return header == null ? Long.MAX_VALUE : Long.parseLong(header);
        } catch (NumberFormatException longerThanANumber) {
            return Long.MAX_VALUE;
        }
    }

    private void admit(Buffer body, RoutingContext exchange) {
        Uni.createFrom()
                .item(() -> request(body))
                .call(request -> gate.enter(exchange.request().headers()))
                .flatMap(admission::decide)
                .invoke(metrics::count)
                .map(decisions::write)
                .subscribe()
                .with(answer -> end(exchange, OK, answer), failure -> fail(exchange, failure));
    }

    private AdmissionRequest request(Buffer body) {
        try {
            AdmissionRequest request = body.length() == 0 ? null : requests.readValue(body.getBytes());
            if (request == null) {
                throw new FailureAnswers.BodyMissing();
            }
            requireValid(request);
            return request;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private void requireValid(AdmissionRequest request) {
        if (!request.isOrdinary()) {
            var violations = validator.validate(request);
            if (!violations.isEmpty()) {
                throw new ConstraintViolationException(violations);
            }
        }
    }

    private void fail(RoutingContext exchange, Throwable failure) {
        var answer = failures.of(failure instanceof UncheckedIOException unreadable ? unreadable.getCause() : failure);
        end(exchange, answer.status(), answer.body());
    }

    private static void end(RoutingContext exchange, int status, Buffer body) {
        var response = exchange.response();
        if (!response.ended() && !response.closed()) {
            response.setStatusCode(status);
            response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
            response.end(body);
        }
    }
}
