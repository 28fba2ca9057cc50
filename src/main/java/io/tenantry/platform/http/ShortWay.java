package io.tenantry.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Validator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Predicate;

/**
 * A way around the framework for the few calls that proxies send by the thousand, when they are as usual: a JSON body of known length. Whatever is unusual
 * (another media type, a body in chunks) goes on to the resource, which does and describes the same; tests hold the two alike.
 */
@ApplicationScoped
public class ShortWay {

    /** Also before the framework's filters: they prepare what only resources need. */
    private static final int BEFORE_THE_FRAMEWORK = -1_000;

    private static final int OK = 200;
    private static final int LARGEST_BODY_BYTES = 64 * 1024;
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json;charset=UTF-8");

    private final FailureAnswers failures;
    private final Validator validator;
    private final ObjectMapper json;

    ShortWay(FailureAnswers failures, Validator validator, ObjectMapper json) {
        this.failures = failures;
        this.validator = validator;
        this.json = json;
    }

    /** What becomes of a request; its failures are answered as {@link ProblemMapper} does. */
    public interface Call<T> {

        Uni<Buffer> answer(T request, RoutingContext exchange);
    }

    /**
     * Takes the usual calls of a path.
     *
     * @param path     as a router reads it, parameters as {@code :name}
     * @param ordinary whether a request is surely valid, at a glance; others are validated by their annotations
     */
    public <T> void post(Router router, String path, Class<T> type, Predicate<T> ordinary, Call<T> call) {
        var requests = new Requests<>(json.readerFor(type), ordinary);
        router.post(path).order(BEFORE_THE_FRAMEWORK).handler(exchange -> {
            if (isUsual(exchange.request())) {
                // the framework has paused it for whoever would read it
                exchange.request()
                        .bodyHandler(body -> answer(body, requests, call, exchange))
                        .resume();
            } else {
                exchange.next();
            }
        });
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

    private <T> void answer(Buffer body, Requests<T> requests, Call<T> call, RoutingContext exchange) {
        Uni.createFrom()
                .item(() -> requests.read(body))
                .flatMap(request -> call.answer(request, exchange))
                .subscribe()
                .with(answer -> end(exchange, OK, answer), failure -> fail(exchange, failure));
    }

    private void fail(RoutingContext exchange, Throwable failure) {
        var answer = answerOf(failure instanceof UncheckedIOException unreadable ? unreadable.getCause() : failure);
        end(exchange, answer.status(), answer.body());
    }

    /** Nobody else would answer: whatever goes wrong here must not leave the caller waiting. */
    private FailureAnswers.Answer answerOf(Throwable failure) {
        try {
            return failures.of(failure);
        } catch (RuntimeException defect) {
            return failures.of(new IllegalStateException("A failure could not be told", defect));
        }
    }

    private static void end(RoutingContext exchange, int status, Buffer body) {
        var response = exchange.response();
        if (!response.ended() && !response.closed()) {
            response.setStatusCode(status);
            response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
            if (status == ProblemMapper.UNAVAILABLE) {
                response.putHeader(HttpHeaders.RETRY_AFTER, ProblemMapper.RETRY_AFTER_SECONDS);
            }
            response.end(body);
        }
    }

    /** Reads and validates the bodies of one call. */
    private final class Requests<T> {

        private final ObjectReader reader;
        private final Predicate<T> ordinary;

        Requests(ObjectReader reader, Predicate<T> ordinary) {
            this.reader = reader;
            this.ordinary = ordinary;
        }

        T read(Buffer body) {
            try {
                T request = body.length() == 0 ? null : reader.readValue(body.getBytes());
                if (request == null) {
                    throw new FailureAnswers.BodyMissing();
                }
                requireValid(request);
                return request;
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }

        private void requireValid(T request) {
            if (!ordinary.test(request)) {
                var violations = validator.validate(request);
                if (!violations.isEmpty()) {
                    throw new ConstraintViolationException(violations);
                }
            }
        }
    }
}
