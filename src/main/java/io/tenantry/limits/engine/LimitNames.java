package io.tenantry.limits.engine;

import io.tenantry.core.Ids;
import io.tenantry.platform.redis.TenantRoot;

/**
 * Names of everything that the engine keeps in Redis: a published format, {@code t1} is its version, and a balance has one of its own, so that nobody
 * reads a layout that he does not know. Ids cannot contain a colon ({@code core.Ids}); a model's name can, and so comes last.
 *
 * <pre>
 * t1:{root}:reservation:&lt;id&gt;                   string  a reservation
 * t1:{root}:balance3:&lt;scope&gt;:&lt;id&gt;[:&lt;model&gt;]      string  what a scope has used, see balance.v3.lua
 * t1:{root}:version:&lt;kind&gt;:&lt;id&gt;                string  see VersionNames
 * </pre>
 */
final class LimitNames {

    private LimitNames() {}

    static String reservation(TenantRoot root, String reservationId) {
        return root.prefix() + "reservation:" + reservationId;
    }

    static String balance(TenantRoot root, LimitRef limit) {
        var name = root.prefix() + "balance3:" + limit.scope().label + ":" + idInNames(limit);
        return limit.model() == null ? name : name + ":" + limit.model();
    }

    /** Ids are chosen to fit into names; what callers call their customers and tags is not. */
    private static String idInNames(LimitRef limit) {
        return switch (limit.scope()) {
            case END_USER, TAG -> Ids.inNames(limit.id());
            default -> limit.id();
        };
    }
}
