package io.tenantry.limits;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.tenancy.ActivityQuery;
import io.tenantry.tenancy.DailyActivityView;
import io.tenantry.tenancy.NamedActivities;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** The HTTP edge of tags. */
@Path("/tag")
@org.eclipse.microprofile.openapi.annotations.tags.Tag(name = "Tags")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class TagResource {

    private final Authorizer authorizer;
    private final Tags tags;
    private final TagReading reading;
    private final NamedActivities activities;

    TagResource(Authorizer authorizer, Tags tags, TagReading reading, NamedActivities activities) {
        this.authorizer = authorizer;
        this.tags = tags;
        this.reading = reading;
        this.activities = activities;
    }

    @POST
    @Path("/new")
    @Operation(summary = "Makes a tag, with a shared budget or limits of its own")
    public Uni<TagView.Changed> create(@NotNull @Valid NewTagRequest request) {
        return authorizer.require(Action.CREATE_TAG).flatMap(scope -> tags.create(scope, request)
                .chain(() -> reading.info(scope, request.name()))
                .map(tag -> new TagView.Changed("Tag '%s' was created".formatted(tag.name()), tag)));
    }

    @POST
    @Path("/update")
    @Operation(summary = "Changes a tag. Absent stays, null is cleared, 0 allows nothing")
    public Uni<TagView.Changed> update(@NotNull @Valid UpdateTagRequest request) {
        return authorizer.require(Action.UPDATE_TAG).flatMap(scope -> tags.update(scope, request)
                .chain(() -> reading.info(scope, request.name()))
                .map(tag -> new TagView.Changed("Tag '%s' was updated".formatted(tag.name()), tag)));
    }

    @POST
    @Path("/info")
    @Operation(summary = "Tags by name, with their budgets and what was spent under them")
    public Uni<Map<String, TagView>> info(@NotNull @Valid TagNamesRequest request) {
        return authorizer.require(Action.READ_TAG).flatMap(scope -> reading.info(scope, request.names()));
    }

    @GET
    @Path("/list")
    @Operation(summary = "The newest 1,000 tags that were made here")
    public Uni<List<TagView>> list(@Context UriInfo uri) {
        return authorizer
                .require(Action.LIST_TAGS)
                .invoke(scope -> refuseDates(uri))
                .flatMap(reading::list);
    }

    /** They ask for tags that were only seen in requests. */
    private static void refuseDates(UriInfo uri) {
        for (var name : List.of("start_date", "end_date")) {
            if (uri.getQueryParameters().containsKey(name)) {
                throw Problem.of(ProblemCode.NOT_ENFORCED)
                        .param(name)
                        .detail("%s is not supported yet: the list has the tags that were made, of any time", name);
            }
        }
    }

    @POST
    @Path("/delete")
    @Operation(summary = "Deletes a tag with its own budget. What was spent under it stays booked")
    public Uni<TagView.Deleted> delete(@NotNull @Valid DeleteTagRequest request) {
        return authorizer
                .require(Action.DELETE_TAG)
                .flatMap(scope -> tags.delete(scope, request.name()))
                .map(done -> new TagView.Deleted("Tag '%s' was deleted".formatted(request.name())));
    }

    @GET
    @Path("/daily/activity")
    @Operation(summary = "What was used under tags day by day. A request with two tags counts for each of them")
    public Uni<DailyActivityView> activity(
            @Parameter(description = "Only these tags, separated by commas") @QueryParam("tags") String names,
            @BeanParam ActivityQuery query) {
        return authorizer.require(Action.LIST_TAGS).flatMap(scope -> activities.ofTags(scope, names, query));
    }
}
