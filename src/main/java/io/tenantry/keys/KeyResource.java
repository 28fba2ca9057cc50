package io.tenantry.keys;

import io.smallrye.mutiny.Uni;
import io.tenantry.identity.Action;
import io.tenantry.identity.Authorizer;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.UriInfo;
import java.util.Map;
import org.jboss.resteasy.reactive.RestQuery;

/** Virtual keys over HTTP. */
@Path("/key")
public class KeyResource {

    private final Authorizer authorizer;
    private final Keys keys;
    private final KeyList list;

    KeyResource(Authorizer authorizer, Keys keys, KeyList list) {
        this.authorizer = authorizer;
        this.keys = keys;
        this.list = list;
    }

    /** Makes a key and shows its secret, this once. */
    @POST
    @Path("/generate")
    public Uni<Map<String, Object>> generate(@Valid @NotNull IssueKeyRequest body) {
        return authorizer
                .require(Action.CREATE_KEY)
                .flatMap(scope -> keys.issue(scope, body))
                .map(IssuedKeyView::of);
    }

    /** One key; the calling one when none is named. */
    @GET
    @Path("/info")
    public Uni<KeyInfoView> info(@RestQuery String key) {
        return authorizer
                .require(Action.READ_KEY)
                .flatMap(scope -> keys.info(scope, key))
                .map(row -> KeyInfoView.of(key, row));
    }

    /** A page of the keys that the caller may see. */
    @GET
    @Path("/list")
    public Uni<KeyPageView> list(UriInfo uri) {
        return authorizer
                .require(Action.LIST_KEYS)
                .flatMap(scope -> list.page(scope, ListKeysQuery.of(uri.getQueryParameters())));
    }

    /** Blocks a key: when this has answered, it is not admitted anywhere. */
    @POST
    @Path("/block")
    public Uni<Map<String, Object>> block(@Valid @NotNull NamedKeyRequest body) {
        return reach(Action.BLOCK_KEY).flatMap(reach -> keys.block(reach, KeyRef.wellFormed(body.key())));
    }

    /** Lifts a block. */
    @POST
    @Path("/unblock")
    public Uni<Map<String, Object>> unblock(@Valid @NotNull NamedKeyRequest body) {
        return reach(Action.UNBLOCK_KEY).flatMap(reach -> keys.unblock(reach, KeyRef.wellFormed(body.key())));
    }

    /** Deletes keys, all that are named or none. */
    @POST
    @Path("/delete")
    public Uni<DeletedKeysView> delete(@Valid @NotNull DeleteKeysRequest body) {
        return reach(Action.DELETE_KEY)
                .flatMap(reach -> keys.delete(reach, body))
                .map(done -> new DeletedKeysView(body.named()));
    }

    private Uni<KeyReach> reach(Action action) {
        return Uni.combine()
                .all()
                .unis(authorizer.require(action), authorizer.require(Action.READ_KEY))
                .asTuple()
                .map(scopes -> new KeyReach(scopes.getItem1(), scopes.getItem2()));
    }
}
