package io.tenantry.limits;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;

/** The HTTP edge of budgets. */
@Path("/budget")
@Tag(name = "Budgets")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class BudgetResource {

    private final Authorizer authorizer;
    private final Budgets budgets;
    private final BudgetReading reading;

    BudgetResource(Authorizer authorizer, Budgets budgets, BudgetReading reading) {
        this.authorizer = authorizer;
        this.budgets = budgets;
        this.reading = reading;
    }

    @POST
    @Path("/new")
    @Operation(summary = "Makes a budget that organizations, memberships, keys, customers and tags may share by its id")
    public Uni<BudgetView> create(@NotNull @Valid NewBudgetRequest request) {
        return authorizer.require(Action.CREATE_BUDGET).flatMap(scope -> budgets.create(scope, request));
    }

    @POST
    @Path("/update")
    @Operation(
            summary =
                    "Changes a budget for everything that it limits, at once. Absent stays, null is no limit, 0 allows nothing")
    public Uni<BudgetView> update(@NotNull @Valid UpdateBudgetRequest request) {
        return authorizer.require(Action.UPDATE_BUDGET).flatMap(scope -> budgets.update(scope, request));
    }

    @POST
    @Path("/info")
    @Operation(summary = "The budgets of these ids; unknown ones are left out")
    public Uni<List<BudgetView>> info(@NotNull @Valid BudgetsRequest request) {
        return authorizer.require(Action.READ_BUDGET).flatMap(scope -> reading.info(scope, request.budgets()));
    }

    @GET
    @Path("/settings")
    @Operation(summary = "The fields of one budget with their types and values, for a form")
    public Uni<List<BudgetSettingView>> settings(
            @Parameter(description = "The budget's id") @NotBlank @RestQuery("budget_id") String budgetId) {
        return authorizer.require(Action.READ_BUDGET).flatMap(scope -> reading.settings(scope, budgetId));
    }

    @GET
    @Path("/list")
    @Operation(summary = "The newest 1,000 shared budgets with what they limit")
    public Uni<List<BudgetView>> list() {
        return authorizer.require(Action.LIST_BUDGETS).flatMap(reading::list);
    }

    @POST
    @Path("/delete")
    @Operation(summary = "Deletes a budget that limits nothing")
    public Uni<BudgetView> delete(@NotNull @Valid DeleteBudgetRequest request) {
        return authorizer.require(Action.DELETE_BUDGET).flatMap(scope -> budgets.delete(scope, request.id()));
    }
}
