package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.Problem;
import io.tenantry.platform.http.ErrorBody.FieldError;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.ConstraintViolationException;
import jakarta.ws.rs.core.Response;
import java.io.UncheckedIOException;
import java.util.List;

/** The one error body for calls that do not go through the framework's resources. */
@ApplicationScoped
public class FailureAnswers {

    /** @param body JSON */
    public record Answer(int status, Buffer body) {}

    private final ProblemMapper mapper = new ProblemMapper();
    private final ObjectMapper json;

    FailureAnswers(ObjectMapper json) {
        this.json = json;
    }

    /** As {@link ProblemMapper} answers it. */
    public Answer of(Throwable failure) {
        try (var response = response(failure)) {
            return new Answer(response.getStatus(), Buffer.buffer(json.writeValueAsBytes(response.getEntity())));
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private Response response(Throwable failure) {
        if (failure instanceof Problem problem) {
            return mapper.problem(problem);
        }
        if (failure instanceof ConstraintViolationException violated) {
            return mapper.violated(violated);
        }
        if (failure instanceof BodyMissing) {
            return mapper.invalid(
                    List.of(new FieldError("missing", List.of(FieldErrors.BODY), "must not be null", null)));
        }
        return failure instanceof JsonProcessingException unreadable
                ? mapper.unreadable(unreadable)
                : mapper.unexpected(failure);
    }

    /** A call that needs a body came with none, or with {@code null}. */
    public static final class BodyMissing extends RuntimeException {

        private static final long serialVersionUID = 1L;

        public BodyMissing() {
            super("body must not be null", null, false, false);
        }
    }
}
