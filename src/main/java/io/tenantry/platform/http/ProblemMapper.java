package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.log.Thinned;
import io.vertx.pgclient.PgException;
import jakarta.validation.ConstraintViolationException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.hibernate.HibernateException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Turns every failure into the one error body. What a caller caused is never a 500, and a 500 never shows our insides. */
public class ProblemMapper {

    /** A store that is away is looked for several times a second, and a queue that is full is shorter by then. */
    static final String RETRY_AFTER_SECONDS = "1";

    static final int UNAVAILABLE = 503;

    private static final Logger LOG = Logger.getLogger(ProblemMapper.class);

    /** A store that is away fails every request that needs it. */
    private static final Thinned<ProblemCode> THINNED = new Thinned<>();

    @ServerExceptionMapper
    public Response problem(Problem problem) {
        if (problem.internal() != null) {
            log(problem);
        }
        return answer(problem, ErrorBody.of(problem));
    }

    private static void log(Problem problem) {
        if (problem.code().status != UNAVAILABLE) {
            LOG.infof("%s: %s (%s)", problem.code(), problem.getMessage(), problem.internal());
            return;
        }
        THINNED.next(problem.code(), System.nanoTime())
                .ifPresent(leftOut -> LOG.infof(
                        "%s: %s (%s)%s",
                        problem.code(),
                        problem.getMessage(),
                        problem.internal(),
                        leftOut == 0 ? "" : "; %d more since the last such line".formatted(leftOut)));
    }

    @ServerExceptionMapper
    public Response violated(ConstraintViolationException failure) {
        return Violations.areOurs(failure) ? defect(failure) : invalid(Violations.fieldsOf(failure));
    }

    @ServerExceptionMapper
    public Response unreadable(JsonProcessingException failure) {
        return JsonFailure.of(failure).fold(this::problem, this::invalid, this::defect);
    }

    // the framework has a mapper for this one, so naming its parent is not enough
    @ServerExceptionMapper
    public Response mismatched(MismatchedInputException failure) {
        return unreadable(failure);
    }

    @ServerExceptionMapper
    public Response http(WebApplicationException failure) {
        var cause = failure.getCause();
        if (cause instanceof JsonProcessingException json) {
            return unreadable(json);
        }
        if (cause instanceof InvalidParameter parameter) {
            return invalid(List.of(parameter.field()));
        }
        if (cause instanceof Problem problem) {
            return problem(problem);
        }
        var status = failure.getResponse().getStatus();
        return switch (status) {
            case 404 -> problem(Problem.of(ProblemCode.ROUTE_NOT_FOUND));
            case 405 -> problem(Problem.of(ProblemCode.METHOD_NOT_ALLOWED));
            case 406 -> problem(Problem.of(ProblemCode.NOT_ACCEPTABLE));
            case 413 -> problem(Problem.of(ProblemCode.BODY_TOO_LARGE));
            case 415 -> problem(Problem.of(ProblemCode.UNSUPPORTED_MEDIA_TYPE));
            case 400 -> problem(Problem.of(ProblemCode.INVALID_JSON).detail("The request cannot be read"));
            default -> status < 500 ? problem(Problem.of(ProblemCode.INVALID_VALUE)) : unexpected(failure);
        };
    }

    @ServerExceptionMapper
    public Response persistence(HibernateException failure) {
        return unexpected(failure);
    }

    @ServerExceptionMapper
    public Response database(PgException failure) {
        return unexpected(failure);
    }

    @ServerExceptionMapper
    public Response unexpected(Throwable failure) {
        return StoreFailures.problemFor(failure).map(this::problem).orElseGet(() -> defect(failure));
    }

    private Response defect(Throwable failure) {
        LOG.error("Unexpected failure", failure);
        return problem(Problem.of(ProblemCode.INTERNAL));
    }

    Response invalid(List<ErrorBody.FieldError> fields) {
        var problem = FieldErrors.problem(fields);
        return answer(problem, ErrorBody.of(problem, fields));
    }

    private static Response answer(Problem problem, ErrorBody body) {
        var answer = Response.status(problem.code().status)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(body);
        if (problem.code().status == UNAVAILABLE) {
            answer.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return answer.build();
    }
}
