package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.UriInfo;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;

/** Reading virtual keys over HTTP. */
@Path("/key")
@Tag(name = "Keys")
public class KeyReadingResource {

    private static final int LAST_PAGE = 1_000_000;

    private final Authorizer authorizer;
    private final Keys keys;
    private final KeyList list;
    private final KeyAliases aliases;

    KeyReadingResource(Authorizer authorizer, Keys keys, KeyList list, KeyAliases aliases) {
        this.authorizer = authorizer;
        this.keys = keys;
        this.list = list;
        this.aliases = aliases;
    }

    /** One key; the calling one when none is named. */
    @GET
    @Path("/info")
    @Operation(summary = "One key; the calling one when none is named")
    public Uni<KeyInfoView> info(@Parameter(description = "Secret, hash or key_id") @RestQuery String key) {
        return authorizer
                .require(Action.READ_KEY)
                .flatMap(scope -> keys.info(scope, key))
                .map(row -> KeyInfoView.of(key, row));
    }

    /** A page of the keys that the caller may see. */
    @GET
    @Path("/list")
    @Operation(summary = "A page of the keys within the caller's reach, newest first")
    @Parameter(
            name = "page",
            in = ParameterIn.QUERY,
            description = "From 1 on",
            schema = @Schema(type = SchemaType.INTEGER, defaultValue = "1"))
    @Parameter(
            name = "size",
            in = ParameterIn.QUERY,
            description = "1 to 100",
            schema = @Schema(type = SchemaType.INTEGER, defaultValue = "10"))
    @Parameter(
            name = "user_id",
            in = ParameterIn.QUERY,
            description = "Only keys of this user",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "user_email",
            in = ParameterIn.QUERY,
            description = "The same, by address",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "team_id",
            in = ParameterIn.QUERY,
            description = "Only keys of this team",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "organization_id",
            in = ParameterIn.QUERY,
            description = "Only keys of this organization",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "access_group_id",
            in = ParameterIn.QUERY,
            description = "Only keys that this model access group is assigned to",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "key_hash",
            in = ParameterIn.QUERY,
            description = "The key of this token",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "key_alias",
            in = ParameterIn.QUERY,
            description = "Only keys of this alias",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "substring_matching",
            in = ParameterIn.QUERY,
            description = "key_alias is a part of the alias, in any case",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @Parameter(
            name = "search",
            in = ParameterIn.QUERY,
            description = "A token, or a part of an alias",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "return_full_object",
            in = ParameterIn.QUERY,
            description = "Rows instead of tokens",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @Parameter(
            name = "include_team_keys",
            in = ParameterIn.QUERY,
            description =
                    "Also keys of teams that the caller administers, and keys of the caller's teams that are nobody's",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @Parameter(
            name = "include_created_by_keys",
            in = ParameterIn.QUERY,
            description = "Also keys that the caller made, in teams of his",
            schema = @Schema(type = SchemaType.BOOLEAN))
    @Parameter(
            name = "expand",
            in = ParameterIn.QUERY,
            description = "user: rows with the key's user and its maker",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "status",
            in = ParameterIn.QUERY,
            description = "deleted: keys that were deleted, last deleted first",
            schema = @Schema(type = SchemaType.STRING))
    @Parameter(
            name = "sort_by",
            in = ParameterIn.QUERY,
            description = "created_at, updated_at, token, key_alias, max_budget or expires",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "created_at"))
    @Parameter(
            name = "sort_order",
            in = ParameterIn.QUERY,
            description = "asc or desc",
            schema = @Schema(type = SchemaType.STRING, defaultValue = "desc"))
    public Uni<KeyPageView> list(@Context UriInfo uri) {
        return authorizer
                .require(Action.LIST_KEYS)
                .flatMap(scope -> list.page(scope, ListKeysQuery.of(uri.getQueryParameters())));
    }

    /** A page of the aliases that the caller may see. */
    @GET
    @Path("/aliases")
    @Operation(summary = "A page of the aliases of keys within the caller's reach, in alphabetical order")
    public Uni<KeyAliasesView> aliases(
            @Parameter(description = "From 1 on") @RestQuery("page") @DefaultValue("1") @Min(1) @Max(LAST_PAGE)
                    int page,
            @Parameter(description = "1 to 100") @RestQuery("size") @DefaultValue("50") @Min(1) @Max(100) int size,
            @Parameter(description = "A part of the alias, in any case") @RestQuery String search) {
        return authorizer
                .require(Action.READ_KEY)
                .flatMap(scope -> aliases.page(scope, search == null || search.isBlank() ? null : search, page, size));
    }

    /** Whether the calling key works: it does, or this would not have been reached. */
    @POST
    @Path("/health")
    @Operation(
            summary = "Whether the calling key works",
            description = "A key that is blocked, expired or unknown is refused with 401 before it gets here.")
    public Uni<KeyHealthView> health() {
        return authorizer.require(Action.READ_KEY).replaceWith(KeyHealthView.HEALTHY);
    }
}
