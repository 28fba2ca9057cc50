package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import io.tenantry.keys.KeyEditor.Wish;
import io.tenantry.tenancy.ResetSpendRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestPath;

/** Making, changing and ending virtual keys over HTTP. */
@Path("/key")
@Tag(name = "Keys")
public class KeyResource {

    private final Authorizer authorizer;
    private final KeyReaches reaches;
    private final Keys keys;
    private final KeyUpdates updates;
    private final BulkKeyUpdates bulk;
    private final KeyRotations rotations;
    private final KeySpend spend;

    KeyResource(
            Authorizer authorizer,
            KeyReaches reaches,
            Keys keys,
            KeyUpdates updates,
            BulkKeyUpdates bulk,
            KeyRotations rotations,
            KeySpend spend) {
        this.authorizer = authorizer;
        this.reaches = reaches;
        this.keys = keys;
        this.updates = updates;
        this.bulk = bulk;
        this.rotations = rotations;
        this.spend = spend;
    }

    /** Makes a key and shows its secret, this once. */
    @POST
    @Path("/generate")
    @Operation(summary = "Makes a key. Its secret is shown in this answer and never again.")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> generate(@Valid @NotNull IssueKeyRequest body) {
        return authorizer
                .require(Action.CREATE_KEY)
                .flatMap(scope -> keys.issue(scope, body))
                .map(IssuedKeyView::of);
    }

    /** Makes a key that belongs to a team and to no user. */
    @POST
    @Path("/service-account/generate")
    @Operation(summary = "Makes a key that belongs to its team alone; a user_id is discarded")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> generateServiceAccount(@Valid @NotNull IssueKeyRequest body) {
        return authorizer
                .require(Action.CREATE_SERVICE_ACCOUNT)
                .flatMap(scope -> keys.issueServiceAccount(scope, body))
                .map(IssuedKeyView::of);
    }

    /** Changes a key's terms: what is absent stays, null clears, zero allows nothing. */
    @POST
    @Path("/update")
    @Operation(
            summary = "Changes a key: absent stays, null clears, 0 allows nothing",
            description =
                    "Owners and plain members may only narrow a key; admins of its team or organization grant within its caps.")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> update(@Valid @NotNull UpdateKeyRequest body) {
        return reaches.of(Action.UPDATE_KEY)
                .flatMap(reach -> updates.update(reach, new Wish(body.ref(), body)))
                .map(row -> named(body.key(), row));
    }

    /** Changes many keys, each with its own fields. */
    @POST
    @Path("/bulk_update")
    @Operation(
            summary = "Changes up to 500 keys, with one result per item",
            description = "Each item takes the fields of /key/update. atomic: true changes all or none.")
    public Uni<BulkUpdateView> bulkUpdate(@Valid @NotNull BulkUpdateKeysRequest body) {
        return reaches.of(Action.UPDATE_KEYS)
                .flatMap(reach -> bulk.update(reach, body))
                .map(BulkUpdateView::of);
    }

    /** Blocks a key: when this has answered, it is not admitted anywhere. */
    @POST
    @Path("/block")
    @Operation(summary = "Blocks a key: when this has answered, no instance admits it")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> block(@Valid @NotNull NamedKeyRequest body) {
        return reaches.of(Action.BLOCK_KEY).flatMap(reach -> keys.block(reach, KeyRef.wellFormed(body.key())));
    }

    /** Lifts a block. */
    @POST
    @Path("/unblock")
    @Operation(summary = "Lifts the block of a key")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> unblock(@Valid @NotNull NamedKeyRequest body) {
        return reaches.of(Action.UNBLOCK_KEY).flatMap(reach -> keys.unblock(reach, KeyRef.wellFormed(body.key())));
    }

    /** Deletes keys, all that are named or none. */
    @POST
    @Path("/delete")
    @Operation(summary = "Deletes keys by secret, hash, id or alias: all that are named or none")
    public Uni<DeletedKeysView> delete(@Valid @NotNull DeleteKeysRequest body) {
        return reaches.of(Action.DELETE_KEY)
                .flatMap(reach -> keys.delete(reach, body))
                .map(done -> new DeletedKeysView(body.named()));
    }

    /** Exchanges a key's secret; the key stays the same. */
    @POST
    @Path("/regenerate")
    @Operation(
            summary = "Exchanges the secret of a key. The new one is shown in this answer and never again.",
            description =
                    "Takes the fields of /key/update, new_key, and grace_period: how long the old secret works on. Without one only the new secret works, also where earlier ones were in their grace.")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> regenerate(@Valid UpdateKeyRequest body) {
        return rotate(null, body);
    }

    /** The same, with the key in the path; one in the body counts before it. */
    @POST
    @Path("/{key}/regenerate")
    @Operation(summary = "As /key/regenerate; a key in the body counts before the one in the path")
    @APIResponse(
            responseCode = "200",
            description = "OK",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(implementation = KeyRow.class)))
    public Uni<Map<String, Object>> regenerate(
            @Parameter(description = "Secret, hash or key_id") @RestPath String key, @Valid UpdateKeyRequest body) {
        return rotate(key, body);
    }

    private Uni<Map<String, Object>> rotate(String path, UpdateKeyRequest body) {
        var fields = body == null ? UpdateKeyRequest.NOTHING : body;
        if (path == null && fields.key() == null) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("key")
                    .detail("key is required: name the key to regenerate, in the body or in the path");
        }
        if (path != null && fields.key() != null) {
            KeyRef.wellFormed(path); // or a key that may call /key/info could call /key/info/regenerate
        }
        var ref = fields.key() == null ? KeyRef.of(path) : fields.ref();
        return reaches.of(Action.ROTATE_KEY)
                .flatMap(reach -> rotations.rotate(reach, new Wish(ref, fields), RotationTerms.of(fields.others())))
                .map(IssuedKeyView::of);
    }

    /** Forgives what the key has spent in the current period; the ledger keeps it. */
    @POST
    @Path("/{key}/reset_spend")
    @Operation(
            summary = "Makes the spend of the current period count as reset_to from now on",
            description = "Only what is compared with the cap changes; the ledger and its reports keep every booking.")
    public Uni<ResetSpendView> resetSpend(
            @Parameter(description = "Secret, hash or key_id") @RestPath String key,
            @Valid @NotNull ResetSpendRequest body) {
        return reaches.of(Action.RESET_KEY_SPEND).flatMap(reach -> spend.reset(reach, KeyRef.of(key), body.resetTo()));
    }

    private static Map<String, Object> named(String name, Map<String, Object> row) {
        var view = new LinkedHashMap<String, Object>();
        view.put("key", name);
        view.putAll(row);
        return view;
    }
}
