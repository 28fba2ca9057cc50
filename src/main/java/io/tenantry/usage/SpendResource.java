package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;

/** What was booked. */
@Path("/spend")
@Tag(name = "Spend")
@Produces(MediaType.APPLICATION_JSON)
public class SpendResource {

    private static final List<String> NOT_YET = List.of("api_key", "user_id", "start_date", "end_date", "summarize");

    private final Authorizer authorizer;
    private final SpendLogs logs;

    SpendResource(Authorizer authorizer, SpendLogs logs) {
        this.authorizer = authorizer;
        this.logs = logs;
    }

    @GET
    @Path("/logs")
    @Operation(summary = "The booking of one request. An empty list when there is none that the caller may see.")
    public Uni<List<Map<String, Object>>> logs(
            @RestQuery("request_id") @Size(min = 1, max = 255) String requestId, @Context UriInfo uri) {
        return authorizer
                .require(Action.READ_SPEND)
                .invoke(scope -> requireRequestIdOnly(requestId, uri))
                .flatMap(scope -> logs.ofRequest(scope, requestId));
    }

    private static void requireRequestIdOnly(String requestId, UriInfo uri) {
        NOT_YET.stream()
                .filter(uri.getQueryParameters()::containsKey)
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.of(ProblemCode.NOT_ENFORCED)
                            .param(name)
                            .detail("%s is not supported yet: ask by request_id", name);
                });
        if (requestId == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param("request_id").detail("request_id is missing");
        }
    }
}
