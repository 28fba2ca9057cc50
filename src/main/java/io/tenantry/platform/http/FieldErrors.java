package io.tenantry.platform.http;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.http.ErrorBody.FieldError;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Fields that do not validate, in the words of the wire. */
final class FieldErrors {

    static final String BODY = "body";
    static final String QUERY = "query";
    static final String PATH = "path";
    static final String HEADER = "header";

    /** Of numbers that are repeated. */
    private static final int MOST_SCALE = 1_000;

    private FieldErrors() {}

    /** One problem for all of them: it names the first field and says what is wrong with each. */
    static Problem problem(List<FieldError> fields) {
        return Problem.of(ProblemCode.VALIDATION)
                .param(fields.isEmpty() ? null : nameOf(fields.get(0)))
                .detail(
                        "%s",
                        fields.stream()
                                .map(field -> nameOf(field) + " " + field.msg())
                                .collect(Collectors.joining("; ")));
    }

    /** {@code members.0.user_id}; the whole body is called by its own name. */
    static String nameOf(FieldError field) {
        var loc = field.loc();
        return loc.size() == 1 ? loc.get(0) : String.join(".", loc.subList(1, loc.size()));
    }

    /**
     * Numbers and truth values are repeated to the caller; a text is not, because it may be a secret. Nor is {@code 1e999999}, which costs its sender nothing
     * and would be written with all its digits.
     */
    static Object echo(Object input) {
        if (input instanceof BigDecimal number && Math.abs((long) number.scale()) > MOST_SCALE) {
            return null;
        }
        return input instanceof Number || input instanceof Boolean ? input : null;
    }

    static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }
}
