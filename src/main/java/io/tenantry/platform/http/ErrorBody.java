package io.tenantry.platform.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.tenantry.core.Problem;
import java.util.List;

/**
 * The one error body of the management API: clients of either known form can read it. {@code error} is for those that expect an envelope,
 * {@code detail} for those that expect a framework's error; with a validation failure it lists every wrong field.
 */
@JsonInclude(Include.ALWAYS)
// no resource method returns it, so the native build would not know that it is written as JSON
@RegisterForReflection(
        targets = {ErrorBody.class, ErrorBody.Error.class, ErrorBody.Detail.class, ErrorBody.FieldError.class})
public record ErrorBody(Error error, Object detail) {

    /** @param code the status, as text */
    @org.eclipse.microprofile.openapi.annotations.media.Schema(name = "ErrorDetails")
    public record Error(String message, String type, String param, String code) {}

    /** @param error the same message as in {@link Error} */
    public record Detail(String error) {}

    /**
     * One field that does not validate.
     *
     * @param loc the path to it, from {@code body}, {@code query} or {@code path}
     */
    public record FieldError(String type, List<String> loc, String msg, Object input) {}

    public static ErrorBody of(Problem problem) {
        var error = error(problem);
        return new ErrorBody(error, new Detail(error.message()));
    }

    public static ErrorBody of(Problem problem, List<FieldError> fields) {
        return new ErrorBody(error(problem), fields);
    }

    private static Error error(Problem problem) {
        var code = problem.code();
        return new Error(problem.getMessage(), code.type, problem.param(), String.valueOf(code.status));
    }
}
