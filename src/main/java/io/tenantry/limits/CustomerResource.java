package io.tenantry.limits;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.tenancy.ActivityQuery;
import io.tenantry.tenancy.DailyActivityView;
import io.tenantry.tenancy.NamedActivities;
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

/** The HTTP edge of customers. EndUserResource has the same routes under their other path. */
@Path("/customer")
@Tag(name = "Customers")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class CustomerResource {

    private final Authorizer authorizer;
    private final Customers customers;
    private final CustomerReading reading;
    private final NamedActivities activities;

    CustomerResource(Authorizer authorizer, Customers customers, CustomerReading reading, NamedActivities activities) {
        this.authorizer = authorizer;
        this.customers = customers;
        this.reading = reading;
        this.activities = activities;
    }

    @POST
    @Path("/new")
    @Operation(summary = "Makes a customer, with a shared budget or limits of its own")
    public Uni<CustomerView> create(@NotNull @Valid NewCustomerRequest request) {
        return authorizer
                .require(Action.CREATE_CUSTOMER)
                .flatMap(scope -> customers.create(scope, request).chain(() -> reading.info(scope, request.userId())));
    }

    @POST
    @Path("/update")
    @Operation(summary = "Changes a customer. Absent stays, null is cleared, 0 allows nothing")
    public Uni<CustomerView> update(@NotNull @Valid UpdateCustomerRequest request) {
        return authorizer
                .require(Action.UPDATE_CUSTOMER)
                .flatMap(scope -> customers.update(scope, request).chain(() -> reading.info(scope, request.userId())));
    }

    @GET
    @Path("/info")
    @Operation(summary = "One customer with its budget and what it has spent")
    public Uni<CustomerView> info(
            @Parameter(description = "The customer's id") @NotBlank @RestQuery("end_user_id") String endUserId) {
        return authorizer.require(Action.READ_CUSTOMER).flatMap(scope -> reading.info(scope, endUserId));
    }

    @GET
    @Path("/list")
    @Operation(summary = "The newest 1,000 customers")
    public Uni<List<CustomerView>> list() {
        return authorizer.require(Action.LIST_CUSTOMERS).flatMap(reading::list);
    }

    @POST
    @Path("/delete")
    @Operation(summary = "Deletes customers with their own budgets, all or none. What they have spent stays booked")
    public Uni<CustomerView.Deleted> delete(@NotNull @Valid CustomersRequest request) {
        return authorizer
                .require(Action.DELETE_CUSTOMER)
                .flatMap(scope -> customers.delete(scope, request.distinct()))
                .map(count -> new CustomerView.Deleted(count, "%d customers were deleted".formatted(count)));
    }

    @POST
    @Path("/block")
    @Operation(summary = "Blocks customers; unknown ones are made")
    public Uni<CustomerView.Blocked> block(@NotNull @Valid CustomersRequest request) {
        return authorizer
                .require(Action.BLOCK_CUSTOMER)
                .flatMap(scope ->
                        customers.block(scope, request.distinct()).chain(() -> reading.of(scope, request.distinct())))
                .map(CustomerView.Blocked::new);
    }

    @POST
    @Path("/unblock")
    @Operation(summary = "Unblocks customers, all or none")
    public Uni<CustomerView.StillBlocked> unblock(@NotNull @Valid CustomersRequest request) {
        return authorizer
                .require(Action.UNBLOCK_CUSTOMER)
                .flatMap(scope -> customers.unblock(scope, request.distinct()))
                .map(unblocked -> new CustomerView.StillBlocked(List.of()));
    }

    @GET
    @Path("/daily/activity")
    @Operation(summary = "What was used for customers day by day")
    public Uni<DailyActivityView> activity(
            @Parameter(description = "These customers, separated by commas") @QueryParam("end_user_ids") String ids,
            @Parameter(description = "Without these, separated by commas") @QueryParam("exclude_end_user_ids")
                    String excluded,
            @BeanParam ActivityQuery query) {
        return authorizer
                .require(Action.LIST_CUSTOMERS)
                .flatMap(scope -> activities.ofCustomers(scope, ids, excluded, query));
    }
}
