package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.tenancy.BulkUsers.Form;
import io.tenantry.tenancy.BulkUsers.Told;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestStreamElementType;

/**
 * Users by the thousand. The answer is one document, or, for {@code Accept: application/x-ndjson}, a line per result as soon as its chunk is
 * committed, and a last line with the sums: see docs/decisions/0007.
 */
@Path("/user")
@Tag(name = "Users")
public class BulkUserResource {

    private static final String CSV = "text/csv";
    private static final String NDJSON = "application/x-ndjson";
    private static final String ATOMIC = "Whether all or none is to be done";

    private final Authorizer authorizer;
    private final BulkUsers users;

    BulkUserResource(Authorizer authorizer, BulkUsers users) {
        this.authorizer = authorizer;
        this.users = users;
    }

    /** Makes users from a JSON list. */
    @POST
    @Path("/bulk_create")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Make many users; one result each")
    public Uni<RestResponse<BulkAnswer.Creations>> create(
            @NotNull
                    @RequestBody(
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON,
                                            schema =
                                                    @Schema(
                                                            type = SchemaType.ARRAY,
                                                            implementation = NewUserRequest.class)))
                    JsonNode body,
            @Parameter(description = ATOMIC) @RestQuery("atomic") @DefaultValue("false") boolean atomic) {
        return created(listed(body), atomic || isAtomic(body));
    }

    /** Makes users from a table. */
    @POST
    @Path("/bulk_create")
    @Consumes(CSV)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Make many users from CSV; one result each")
    public Uni<RestResponse<BulkAnswer.Creations>> createFromCsv(
            String body, @Parameter(description = ATOMIC) @RestQuery("atomic") @DefaultValue("false") boolean atomic) {
        return created(tabled(body), atomic);
    }

    /** Makes users from a JSON list and tells of each as it is made. */
    @POST
    @Path("/bulk_create")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(NDJSON)
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    @Operation(summary = "Make many users; a line per result while it goes on")
    public Multi<Object> createTold(
            @NotNull
                    @RequestBody(
                            content =
                                    @Content(
                                            mediaType = MediaType.APPLICATION_JSON,
                                            schema =
                                                    @Schema(
                                                            type = SchemaType.ARRAY,
                                                            implementation = NewUserRequest.class)))
                    JsonNode body,
            @Parameter(description = ATOMIC) @RestQuery("atomic") @DefaultValue("false") boolean atomic) {
        return createdLines(listed(body), atomic || isAtomic(body));
    }

    /** Makes users from a table and tells of each as it is made. */
    @POST
    @Path("/bulk_create")
    @Consumes(CSV)
    @Produces(NDJSON)
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    @Operation(summary = "Make many users from CSV; a line per result while it goes on")
    public Multi<Object> createFromCsvTold(
            String body, @Parameter(description = ATOMIC) @RestQuery("atomic") @DefaultValue("false") boolean atomic) {
        return createdLines(tabled(body), atomic);
    }

    /** Changes many users, each its own way or all alike. */
    @POST
    @Path("/bulk_update")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "Change many users; one result each")
    public Uni<RestResponse<BulkAnswer.Updates>> update(
            @NotNull BulkUpdateUsersRequest body,
            @Parameter(description = ATOMIC) @RestQuery("atomic") @DefaultValue("false") boolean atomic) {
        var answer = new BulkAnswer<UpdatedUserResult>(body.atomicOr(atomic));
        return authorizer
                .require(Action.UPDATE_USERS)
                .flatMap(scope -> users.update(scope, body, body.atomicOr(atomic), Form.DOCUMENT, answer::add))
                .map(done -> RestResponse.ResponseBuilder.ok(answer.updates())
                        .status(answer.status())
                        .build());
    }

    /** Changes many users and tells of each as it is changed. */
    @POST
    @Path("/bulk_update")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(NDJSON)
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    @Operation(summary = "Change many users; a line per result while it goes on")
    public Multi<Object> updateTold(
            @NotNull BulkUpdateUsersRequest body,
            @Parameter(description = ATOMIC) @RestQuery("atomic") @DefaultValue("false") boolean atomic) {
        var answer = new BulkAnswer<UpdatedUserResult>(body.atomicOr(atomic));
        return authorizer
                .require(Action.UPDATE_USERS)
                .onItem()
                .transformToMulti(scope -> BulkUserResource.<UpdatedUserResult>lines(
                        results -> users.update(scope, body, body.atomicOr(atomic), Form.LINES, results),
                        answer,
                        answer::updates));
    }

    /** Clients ask for it in either place. */
    private static boolean isAtomic(JsonNode body) {
        return body.isObject() && body.path("atomic").asBoolean(false);
    }

    private static List<JsonNode> listed(JsonNode body) {
        return body.isObject() && body.has("users")
                ? BulkItems.of(body.get("users"), "users")
                : BulkItems.of(body, "body");
    }

    private static List<JsonNode> tabled(String body) {
        return BulkItems.requireSize(CsvUsers.read(body), "body");
    }

    private Uni<RestResponse<BulkAnswer.Creations>> created(List<JsonNode> asked, boolean atomic) {
        var answer = new BulkAnswer<CreatedUserResult>(atomic);
        return authorizer
                .require(Action.CREATE_USERS)
                .flatMap(scope -> users.create(scope, asked, atomic, answer::add))
                .map(done -> RestResponse.ResponseBuilder.ok(answer.creations())
                        .status(answer.status())
                        .build());
    }

    private Multi<Object> createdLines(List<JsonNode> asked, boolean atomic) {
        var answer = new BulkAnswer<CreatedUserResult>(atomic);
        return authorizer
                .require(Action.CREATE_USERS)
                .onItem()
                .transformToMulti(scope -> BulkUserResource.<CreatedUserResult>lines(
                        results -> users.create(scope, asked, atomic, results), answer, answer::creations));
    }

    /** Work that tells of its results. */
    private interface Work<R> {
        Uni<Void> start(Consumer<Told<R>> results);
    }

    /**
     * The work goes on at its own pace, in the request's context: a slow reader holds up no transaction. What it has not read yet is kept, and bounded
     * by what a request may name.
     */
    private static <R> Multi<Object> lines(Work<R> work, BulkAnswer<R> answer, Supplier<Object> sums) {
        return Multi.createFrom().emitter(emitter -> work.start(told -> tell(emitter, answer, told))
                .subscribe()
                .with(
                        done -> {
                            emitter.emit(sums.get());
                            emitter.complete();
                        },
                        emitter::fail));
    }

    private static <R> void tell(MultiEmitter<? super Object> emitter, BulkAnswer<R> answer, Told<R> told) {
        if (emitter.isCancelled()) {
            throw new CallerGone();
        }
        answer.count(told);
        emitter.emit(told.result());
    }

    /** Nobody reads the results any more: what is committed stays, and nothing more is begun. */
    private static final class CallerGone extends RuntimeException {

        private static final long serialVersionUID = 1L;

        CallerGone() {
            super("the caller has gone", null, false, false);
        }
    }
}
