package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.platform.http.ErrorBody.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What a failure of the JSON reader means: no JSON at all, a field of the wrong type, or a defect of ours. By type, never by text. */
final class JsonFailure {

    private static final int DEEPEST = 8;

    private final JsonProcessingException failure;

    private JsonFailure(JsonProcessingException failure) {
        this.failure = failure;
    }

    static JsonFailure of(JsonProcessingException failure) {
        return new JsonFailure(failure);
    }

    <T> T fold(Function<Problem, T> unreadable, Function<List<FieldError>, T> invalid, Function<Throwable, T> defect) {
        var thrown = cause(Problem.class);
        if (thrown != null) {
            return unreadable.apply(thrown); // a type of ours looked at its own value
        }
        if (cause(StreamConstraintsException.class) != null) {
            return unreadable.apply(Problem.of(ProblemCode.INVALID_JSON)
                    .detail("The body is nested too deeply, or holds a number or text that is too long"));
        }
        if (failure instanceof InvalidDefinitionException) {
            return defect.apply(failure);
        }
        if (failure instanceof JsonMappingException mapping && !brokeOff()) {
            return invalid.apply(List.of(field(mapping)));
        }
        return unreadable.apply(notJson());
    }

    /** A number that is out of range is well-formed; everything else that the tokenizer says is not. */
    private boolean brokeOff() {
        return cause(StreamReadException.class) != null && cause(InputCoercionException.class) == null;
    }

    private Problem notJson() {
        var place = failure.getLocation();
        return Problem.of(ProblemCode.INVALID_JSON)
                .detail(
                        place == null
                                ? "The body is not valid JSON"
                                : "The body is not valid JSON (line %d, column %d)"
                                        .formatted(place.getLineNr(), place.getColumnNr()));
    }

    private static FieldError field(JsonMappingException mapping) {
        var location = new ArrayList<String>(List.of(FieldErrors.BODY));
        mapping.getPath()
                .forEach(step -> location.add(
                        step.getFieldName() == null ? String.valueOf(step.getIndex()) : step.getFieldName()));
        var input = mapping instanceof InvalidFormatException format ? format.getValue() : null;
        return new FieldError("type_error", location, expectation(mapping), FieldErrors.echo(input));
    }

    private static String expectation(JsonMappingException mapping) {
        if (mapping instanceof UnrecognizedPropertyException) {
            return "is not a known field";
        }
        if (mapping instanceof StorableText.Refused) {
            return "holds the character U+0000 or half of a surrogate pair, which cannot be stored";
        }
        if (mapping instanceof FiniteNumber.Refused) {
            return "is or holds a number that is too large";
        }
        if (mapping instanceof MismatchedInputException mismatched && mismatched.getTargetType() != null) {
            return "must be " + JsonTypeNames.of(mismatched.getTargetType());
        }
        return mapping.getCause() instanceof InputCoercionException ? "is out of range" : "is not acceptable";
    }

    private <T extends Throwable> T cause(Class<T> type) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++, cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
