package io.tenantry.limits;

import io.smallrye.mutiny.Uni;
import io.tenantry.tenancy.ActivityQuery;
import io.tenantry.tenancy.DailyActivityView;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;

/** Customers under their other path, see {@link CustomerResource}. */
@Path("/end_user")
@Tag(name = "Customers")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class EndUserResource {

    private final CustomerResource routes;

    EndUserResource(CustomerResource routes) {
        this.routes = routes;
    }

    @POST
    @Path("/new")
    @Operation(summary = "Makes a customer, with a shared budget or limits of its own")
    public Uni<CustomerView> create(@NotNull @Valid NewCustomerRequest request) {
        return routes.create(request);
    }

    @POST
    @Path("/update")
    @Operation(summary = "Changes a customer. Absent stays, null is cleared, 0 allows nothing")
    public Uni<CustomerView> update(@NotNull @Valid UpdateCustomerRequest request) {
        return routes.update(request);
    }

    @GET
    @Path("/info")
    @Operation(summary = "One customer with its budget and what it has spent")
    public Uni<CustomerView> info(
            @Parameter(description = "The customer's id") @NotBlank @RestQuery("end_user_id") String endUserId) {
        return routes.info(endUserId);
    }

    @GET
    @Path("/list")
    @Operation(summary = "The newest 1,000 customers")
    public Uni<List<CustomerView>> list() {
        return routes.list();
    }

    @POST
    @Path("/delete")
    @Operation(summary = "Deletes customers with their own budgets, all or none. What they have spent stays booked")
    public Uni<CustomerView.Deleted> delete(@NotNull @Valid CustomersRequest request) {
        return routes.delete(request);
    }

    @POST
    @Path("/block")
    @Operation(summary = "Blocks customers; unknown ones are made")
    public Uni<CustomerView.Blocked> block(@NotNull @Valid CustomersRequest request) {
        return routes.block(request);
    }

    @POST
    @Path("/unblock")
    @Operation(summary = "Unblocks customers, all or none")
    public Uni<CustomerView.StillBlocked> unblock(@NotNull @Valid CustomersRequest request) {
        return routes.unblock(request);
    }

    @GET
    @Path("/daily/activity")
    @Operation(summary = "What was used for customers day by day")
    public Uni<DailyActivityView> activity(
            @Parameter(description = "These customers, separated by commas") @QueryParam("end_user_ids") String ids,
            @Parameter(description = "Without these, separated by commas") @QueryParam("exclude_end_user_ids")
                    String excluded,
            @BeanParam ActivityQuery query) {
        return routes.activity(ids, excluded, query);
    }
}
