package io.tenantry.audit;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Who changed what. */
@Path("/audit")
@Tag(name = "Audit")
@Produces(MediaType.APPLICATION_JSON)
public class AuditResource {

    private final Authorizer authorizer;
    private final AuditReading reading;

    AuditResource(Authorizer authorizer, AuditReading reading) {
        this.authorizer = authorizer;
        this.reading = reading;
    }

    @GET
    @Operation(
            summary =
                    "The changes that the caller may see, newest first: an organization's admin sees those of the organization.")
    public Uni<AuditPageView> list(@Valid @BeanParam AuditQuery query) {
        return authorizer.require(Action.READ_AUDIT).flatMap(scope -> reading.page(scope, query));
    }

    @GET
    @Path("/{id}")
    @Operation(summary = "One change.")
    public Uni<AuditEntryView> one(@Parameter(description = "The id of the entry") @PathParam("id") String id) {
        return authorizer.require(Action.READ_AUDIT).flatMap(scope -> reading.one(scope, id));
    }
}
