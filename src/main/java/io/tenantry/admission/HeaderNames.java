package io.tenantry.admission;

import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;

/**
 * Names of the headers that tell of a limit. There are a few hundred, and a decision has thirty: putting them together each time was a twentieth of it.
 *
 * @param reset null where nothing tells when the limit is whole again
 */
record HeaderNames(String limit, String remaining, String reset) {

    private static final String PREFIX = "x-ratelimit-";
    private static final HeaderNames[] TIGHTEST = new HeaderNames[LimitKind.values().length];
    private static final HeaderNames[][] OF_ALL = table(false);
    private static final HeaderNames[][] OF_ONE_MODEL = table(true);

    static {
        for (var kind : LimitKind.values()) {
            TIGHTEST[kind.ordinal()] = new HeaderNames(
                    PREFIX + "limit-" + kind.wire, PREFIX + "remaining-" + kind.wire, PREFIX + "reset-" + kind.wire);
        }
    }

    private static HeaderNames[][] table(boolean ofOneModel) {
        var table = new HeaderNames[ResourceKind.values().length][LimitKind.values().length];
        for (var scope : ResourceKind.values()) {
            for (var kind : LimitKind.values()) {
                var prefix = PREFIX + scopeName(scope, kind, ofOneModel);
                table[scope.ordinal()][kind.ordinal()] =
                        new HeaderNames(prefix + "-limit-" + kind.wire, prefix + "-remaining-" + kind.wire, null);
            }
        }
        return table;
    }

    private static String scopeName(ResourceKind scope, LimitKind kind, boolean ofOneModel) {
        if (kind == LimitKind.TAG_REQUESTS) {
            return "tag_per_" + scope.label;
        }
        if (ofOneModel) {
            return "model_per_" + scope.label;
        }
        return scope == ResourceKind.KEY ? "api_key" : scope.label;
    }

    /** Of the tightest limit of a kind, whosever it is: as OpenAI's clients read them. */
    static HeaderNames ofTightest(LimitKind kind) {
        return TIGHTEST[kind.ordinal()];
    }

    /** Of a level's limit. */
    static HeaderNames of(LimitRef limit) {
        var table = limit.model() == null ? OF_ALL : OF_ONE_MODEL;
        return table[limit.scope().ordinal()][limit.kind().ordinal()];
    }
}
