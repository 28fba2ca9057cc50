package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;

/** Periods, those that are over too. */
@Path("/spend/periods")
@Tag(name = "Spend")
@Produces(MediaType.APPLICATION_JSON)
public class SpendPeriodsResource {

    private static final String SCOPES =
            "key|team_member|user|team|organization_member|organization|end_user|tag|global";

    private final Authorizer authorizer;
    private final SpendPeriods periods;

    SpendPeriodsResource(Authorizer authorizer, SpendPeriods periods) {
        this.authorizer = authorizer;
        this.periods = periods;
    }

    @GET
    @Operation(
            summary =
                    "What one scope used, period by period, newest first. An empty list when there is nothing that the caller may see.")
    public Uni<SpendPeriodsView> periods(
            @Parameter(description = "What the id names")
                    @RestQuery
                    @NotNull
                    @Pattern(
                            regexp = SCOPES,
                            message =
                                    "must be key, team_member, user, team, organization_member, organization, end_user, tag or global")
                    String scope,
            @Parameter(
                            description =
                                    "Of a key its key_id; of a member <team_id>/<user_id> or <organization_id>/<user_id>")
                    @RestQuery
                    @NotBlank
                    @Size(max = 600)
                    String id,
            @Parameter(description = "Only the use of this model, where it has a budget")
                    @RestQuery
                    @Size(min = 1, max = 255)
                    String model,
            @Parameter(description = "Only periods of this length, such as 1d or lifetime")
                    @RestQuery
                    @Size(min = 1, max = 20)
                    String period,
            @Parameter(description = "The most periods to answer with")
                    @RestQuery
                    @DefaultValue("100")
                    @Min(1)
                    @Max(1000)
                    int limit) {
        return authorizer
                .require(Action.READ_SPEND)
                .flatMap(reach -> periods.read(reach, new SpendPeriods.Question(scope, id, model, period, limit)));
    }
}
