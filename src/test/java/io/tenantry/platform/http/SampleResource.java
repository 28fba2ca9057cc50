package io.tenantry.platform.http;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.smallrye.mutiny.Uni;
import jakarta.validation.Valid;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Exists in tests only: one of everything that a request can get wrong. */
@Path("/test/samples")
@Produces(MediaType.APPLICATION_JSON)
public class SampleResource {

    public enum Color {
        RED,
        GREEN
    }

    @JsonNaming(SnakeCaseStrategy.class)
    public record Member(
            @NotBlank String userId, @Size(max = 5) String role) {}

    @JsonNaming(SnakeCaseStrategy.class)
    public record Sample(
            @NotNull String teamAlias,
            @PositiveOrZero Long tpmLimit,
            BigDecimal maxBudget,
            Boolean blocked,
            Color color,
            List<@Size(max = 10) String> models,
            List<@Valid Member> members,
            Map<String, @PositiveOrZero Long> modelRpmLimit,
            Map<String, Object> metadata) {

        @AssertTrue(message = "must not name both a budget and a color")
        boolean isConsistent() {
            return maxBudget == null || color == null;
        }
    }

    @POST
    @Operation(hidden = true)
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<Sample> create(@Valid @NotNull Sample request) {
        return Uni.createFrom().item(request);
    }

    @GET
    @Operation(hidden = true)
    @Path("/{sample_id}")
    public Uni<Map<String, String>> read(
            @PathParam("sample_id") @Size(max = 5) String id, @QueryParam("page_size") @Max(100) Integer pageSize) {
        return Uni.createFrom().item(Map.of());
    }

    @GET
    @Operation(hidden = true)
    @Path("/broken")
    public Uni<String> broken() {
        return Uni.createFrom().failure(new IllegalStateException("inside-secret"));
    }
}
