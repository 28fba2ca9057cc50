package io.tenantry.platform.http;

import io.tenantry.platform.http.ErrorBody.FieldError;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path.MethodNode;
import jakarta.validation.Path.Node;
import jakarta.validation.Path.ParameterNode;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import java.lang.annotation.Annotation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Reads a violated constraint as the wire's location of it: {@code body}, {@code query} or {@code path}, then names and positions. A
 * violation's own path begins with our method and its parameter, which mean nothing to a caller.
 */
final class Violations {

    private Violations() {}

    /** Whether it is our answer that does not validate, and not the request. */
    static boolean areOurs(ConstraintViolationException failure) {
        return failure.getConstraintViolations().stream()
                .flatMap(violation -> nodes(violation).stream())
                .anyMatch(node -> node.getKind() == ElementKind.RETURN_VALUE);
    }

    /** In a fixed order, because violations come in none. */
    static List<FieldError> fieldsOf(ConstraintViolationException failure) {
        return failure.getConstraintViolations().stream()
                .map(Violations::fieldOf)
                .sorted(Comparator.comparing(FieldErrors::nameOf).thenComparing(FieldError::msg))
                .toList();
    }

    private static FieldError fieldOf(ConstraintViolation<?> violation) {
        var missing = isMissing(violation);
        return new FieldError(
                missing ? "missing" : "value_error",
                location(violation),
                violation.getMessage(),
                FieldErrors.echo(violation.getInvalidValue()));
    }

    private static boolean isMissing(ConstraintViolation<?> violation) {
        Annotation constraint = violation.getConstraintDescriptor().getAnnotation();
        boolean required =
                constraint instanceof NotNull || constraint instanceof NotBlank || constraint instanceof NotEmpty;
        return required && violation.getInvalidValue() == null;
    }

    private static List<String> location(ConstraintViolation<?> violation) {
        var location = new ArrayList<String>();
        MethodNode method = null;
        for (var node : nodes(violation)) {
            switch (node.getKind()) {
                case METHOD, CONSTRUCTOR -> method = node.as(MethodNode.class);
                case PARAMETER ->
                    location.addAll(
                            ParameterLocation.of(violation.getRootBeanClass(), method, node.as(ParameterNode.class)));
                default -> addProperty(location, node);
            }
        }
        return location.isEmpty() ? List.of(FieldErrors.BODY) : List.copyOf(location);
    }

    private static void addProperty(List<String> location, Node node) {
        if (location.isEmpty()) {
            location.add(FieldErrors.BODY); // validated outside of a resource method
        }
        if (node.getIndex() != null) {
            location.add(node.getIndex().toString());
        } else if (node.getKey() != null) {
            location.add(node.getKey().toString()); // the caller's own word, left as it is
        }
        if (node.getKind() == ElementKind.PROPERTY) {
            location.add(FieldErrors.snakeCase(node.getName()));
        }
    }

    private static List<Node> nodes(ConstraintViolation<?> violation) {
        return StreamSupport.stream(violation.getPropertyPath().spliterator(), false)
                .toList();
    }
}
