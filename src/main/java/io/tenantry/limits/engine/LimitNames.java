package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;

/**
 * Names of everything that the engine keeps in Redis: a published format, {@code t1} is its version. Ids cannot contain a colon ({@code
 * core.Ids}); a model's name can, and so comes last.
 *
 * <pre>
 * t1:{root}:hold:&lt;id&gt;                                  string  the reservation
 * t1:{root}:rate:&lt;scope&gt;:&lt;id&gt;:&lt;kind&gt;[:&lt;model&gt;]           string  a bucket
 * t1:{root}:slots:&lt;scope&gt;:&lt;id&gt;                         sorted set  taken slots by end of lease
 * t1:{root}:spend:&lt;scope&gt;:&lt;id&gt;:&lt;period&gt;:&lt;start&gt;         string  settled and held money of a window
 * t1:{root}:holds:&lt;scope&gt;:&lt;id&gt;:&lt;period&gt;:&lt;start&gt;         sorted set  open holds of a window by end of lease
 * t1:{root}:version:&lt;kind&gt;:&lt;id&gt;                        string  see VersionNames
 * </pre>
 */
final class LimitNames {

    private LimitNames() {}

    static String hold(TenantRoot root, String reservationId) {
        return root.prefix() + "hold:" + reservationId;
    }

    static String rate(TenantRoot root, LimitRef limit) {
        var name = root.prefix() + "rate:" + limit.scope().label + ":" + limit.id() + ":" + limit.kind().wire;
        return limit.model() == null ? name : name + ":" + limit.model();
    }

    static String slots(TenantRoot root, LimitRef limit) {
        return root.prefix() + "slots:" + limit.scope().label + ":" + limit.id();
    }

    static String spend(TenantRoot root, Charge.Money budget) {
        return root.prefix() + "spend:" + window(budget);
    }

    static String holds(TenantRoot root, Charge.Money budget) {
        return root.prefix() + "holds:" + window(budget);
    }

    private static String window(Charge.Money budget) {
        var limit = budget.limit();
        return limit.scope().label + ":" + limit.id() + ":" + budget.window().period() + ":"
                + budget.window().start().getEpochSecond();
    }
}
