package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

/** What was booked. */
@Path("/spend")
@Tag(name = "Spend")
@Produces(MediaType.APPLICATION_JSON)
public class SpendResource {

    private static final String CUT = "x-litellm-spend-logs-truncated";

    private final Authorizer authorizer;
    private final SpendLogs logs;
    private final SpendDays days;

    SpendResource(Authorizer authorizer, SpendLogs logs, SpendDays days) {
        this.authorizer = authorizer;
        this.logs = logs;
        this.days = days;
    }

    /** Bookings, or the sums of days; nothing of what the caller may not see. */
    @GET
    @Path("/logs")
    @Operation(
            summary =
                    "Bookings, newest first; with start_date and end_date the sums of days, unless summarize is false",
            description =
                    "Filters that are given together all count. At most the newest 1,000 bookings; a header x-litellm-spend-logs-truncated: true says that there are more. Days are those of UTC, both ends included.")
    @Parameter(name = "request_id", in = ParameterIn.QUERY, description = "The booking of this request")
    @Parameter(name = "api_key", in = ParameterIn.QUERY, description = "Of this key: its secret, hash or key_id")
    @Parameter(name = "user_id", in = ParameterIn.QUERY, description = "Of this user's keys")
    @Parameter(name = "start_date", in = ParameterIn.QUERY, description = "The first day, YYYY-MM-DD")
    @Parameter(name = "end_date", in = ParameterIn.QUERY, description = "The last day, YYYY-MM-DD")
    @Parameter(
            name = "summarize",
            in = ParameterIn.QUERY,
            description = "false: single bookings of these days",
            schema = @Schema(type = SchemaType.BOOLEAN, defaultValue = "true"))
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(type = SchemaType.ARRAY, implementation = SpendRows.class)))
    public Uni<RestResponse<List<Map<String, Object>>>> logs(@Context UriInfo uri) {
        return authorizer.require(Action.READ_SPEND).flatMap(scope -> {
            var query = SpendLogsQuery.of(uri.getQueryParameters());
            return query.wantsDays()
                    ? days.of(scope, query).map(RestResponse::ok)
                    : logs.newest(scope, query).map(SpendResource::answer);
        });
    }

    private static RestResponse<List<Map<String, Object>>> answer(SpendLogs.Bookings bookings) {
        var answer = RestResponse.ResponseBuilder.ok(bookings.views());
        return (bookings.isCut() ? answer.header(CUT, "true") : answer).build();
    }
}
