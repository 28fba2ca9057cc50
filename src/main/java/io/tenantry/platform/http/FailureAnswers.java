package io.tenantry.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tenantry.core.Problem;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;

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
        try (var response = failure instanceof Problem problem ? mapper.problem(problem) : mapper.unexpected(failure)) {
            return new Answer(response.getStatus(), Buffer.buffer(json.writeValueAsBytes(response.getEntity())));
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
