package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.pgclient.PgException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Path;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.hibernate.HibernateException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Turns every failure into the one error body. What a caller caused is never a 500, and a 500 never shows our insides. */
public class ProblemMapper {

    private static final Logger LOG = Logger.getLogger(ProblemMapper.class);

    @ServerExceptionMapper
    public Response problem(Problem problem) {
        if (problem.internal() != null) {
            LOG.infof("%s: %s (%s)", problem.code(), problem.getMessage(), problem.internal());
        }
        return answer(problem, ErrorBody.of(problem));
    }

    @ServerExceptionMapper
    public Response violated(ConstraintViolationException failure) {
        var fields = failure.getConstraintViolations().stream()
                .map(ProblemMapper::fieldError)
                .toList();
        var names = fields.stream()
                .map(field -> field.loc().get(field.loc().size() - 1) + " " + field.msg())
                .sorted()
                .collect(Collectors.joining("; "));
        var first = fields.isEmpty()
                ? null
                : String.join(
                        ".", fields.get(0).loc().subList(1, fields.get(0).loc().size()));
        var problem = Problem.of(ProblemCode.VALIDATION).param(first).detail("%s", names);
        return answer(problem, ErrorBody.of(problem, fields));
    }

    @ServerExceptionMapper
    public Response unreadable(JsonProcessingException failure) {
        if (failure instanceof MismatchedInputException mismatched) {
            return mismatched(mismatched);
        }
        if (failure instanceof JsonMappingException mapping && mapping.getCause() instanceof Problem problem) {
            return problem(problem);
        }
        if (failure instanceof JsonMappingException mapping && mapping.getCause() instanceof InputCoercionException) {
            return outOfRange(mapping);
        }
        return problem(Problem.of(ProblemCode.INVALID_JSON)
                .detail(
                        "The body is not valid JSON (line %d, column %d)",
                        failure.getLocation() == null
                                ? 0
                                : failure.getLocation().getLineNr(),
                        failure.getLocation() == null
                                ? 0
                                : failure.getLocation().getColumnNr()));
    }

    // The text around it is valid: one value does not fit into its field, such as a number of twenty digits.
    private static Response outOfRange(JsonMappingException failure) {
        var path = pathOf(failure);
        var loc = new ArrayList<String>(List.of("body"));
        loc.addAll(path);
        var field = String.join(".", path);
        var problem = Problem.of(ProblemCode.VALIDATION).param(field).detail("%s is out of range", field);
        return answer(
                problem,
                ErrorBody.of(problem, List.of(new ErrorBody.FieldError("value_error", loc, "is out of range", null))));
    }

    private static List<String> pathOf(JsonMappingException failure) {
        return failure.getPath().stream()
                .map(step -> step.getFieldName() == null ? String.valueOf(step.getIndex()) : step.getFieldName())
                .toList();
    }

    @ServerExceptionMapper
    public Response mismatched(MismatchedInputException failure) {
        var path = pathOf(failure);
        if (path.isEmpty() && failure.getTargetType() == null) {
            return problem(Problem.of(ProblemCode.INVALID_JSON).detail("The body is empty or not a JSON object"));
        }
        var loc = new ArrayList<String>(List.of("body"));
        loc.addAll(path);
        var field = path.isEmpty() ? "body" : String.join(".", path);
        var expected = failure.getTargetType() == null ? "another type" : typeName(failure.getTargetType());
        var input = failure instanceof InvalidFormatException format ? format.getValue() : null;
        var problem = Problem.of(ProblemCode.VALIDATION).param(field).detail("%s must be %s", field, expected);
        return answer(
                problem,
                ErrorBody.of(
                        problem, List.of(new ErrorBody.FieldError("type_error", loc, "must be " + expected, input))));
    }

    @ServerExceptionMapper
    public Response http(WebApplicationException failure) {
        if (failure.getCause() instanceof JsonProcessingException json) {
            return unreadable(json);
        }
        if (failure.getCause() instanceof Problem problem) {
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
        return StoreFailures.problemFor(failure).map(this::problem).orElseGet(() -> unexpected(failure));
    }

    @ServerExceptionMapper
    public Response database(PgException failure) {
        return StoreFailures.problemFor(failure).map(this::problem).orElseGet(() -> unexpected(failure));
    }

    @ServerExceptionMapper
    public Response unexpected(Throwable failure) {
        var known = StoreFailures.problemFor(failure);
        if (known.isPresent()) {
            return problem(known.get());
        }
        LOG.error("Unexpected failure", failure);
        return problem(Problem.of(ProblemCode.INTERNAL));
    }

    private static Response answer(Problem problem, ErrorBody body) {
        return Response.status(problem.code().status)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(body)
                .build();
    }

    private static ErrorBody.FieldError fieldError(ConstraintViolation<?> violation) {
        var loc = new ArrayList<String>(List.of("body"));
        int depth = 0;
        for (Path.Node node : violation.getPropertyPath()) {
            // the first two nodes are our method and its parameter
            if (depth++ >= 2 && node.getName() != null && !node.getName().startsWith("<")) {
                loc.add(snakeCase(node.getName()));
            } else if (depth == 2 && !violation.getPropertyPath().iterator().hasNext()) {
                loc.add(snakeCase(node.getName()));
            }
        }
        if (loc.size() == 1) {
            loc.set(0, "query");
            var nodes = new ArrayList<String>();
            violation.getPropertyPath().forEach(node -> nodes.add(node.getName()));
            loc.add(snakeCase(nodes.get(nodes.size() - 1)));
        }
        var missing = violation.getInvalidValue() == null;
        return new ErrorBody.FieldError(
                missing ? "missing" : "value_error", loc, violation.getMessage(), missing ? null : "");
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(java.util.Locale.ROOT);
    }

    private static String typeName(Class<?> type) {
        if (type == Long.class || type == long.class || type == Integer.class || type == int.class) {
            return "a whole number";
        }
        if (Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type == String.class) {
            return "a text";
        }
        if (java.util.Collection.class.isAssignableFrom(type)) {
            return "a list";
        }
        if (type.isEnum()) {
            return "one of " + java.util.Arrays.toString(type.getEnumConstants());
        }
        return "an object";
    }
}
