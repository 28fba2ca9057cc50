package io.tenantry.platform.http;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.smallrye.common.annotation.NonBlocking;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What HTTP and JSON cost here without any work of ours: the yardstick of {@code bench/}. There only when the bench asks for it. */
@Path("/v1/noop")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class NoopResource {

    /** As an admission's, so that both read the same JSON. */
    @JsonNaming(SnakeCaseStrategy.class)
    public record NoopRequest(String requestId, String apiKey, String model, Long inputTokens, Long maxOutputTokens) {}

    /** Nothing, as an object. */
    public record Nothing() {}

    private static final Nothing NOTHING = new Nothing();

    private final boolean enabled;

    NoopResource(BenchConfig config) {
        this.enabled = config.noop();
    }

    @POST
    @NonBlocking
    @Operation(hidden = true)
    public Nothing nothing(NoopRequest request) {
        if (!enabled) {
            throw Problem.of(ProblemCode.ROUTE_NOT_FOUND);
        }
        return NOTHING;
    }
}
