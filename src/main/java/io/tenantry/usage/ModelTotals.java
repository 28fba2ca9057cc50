package io.tenantry.usage;

import io.tenantry.core.ResourceKind;

/**
 * How the total of one model is named in {@code spend_total}: the scope's kind with a suffix, and its id, a slash, and the model. The database's
 * {@code id_of_model_total} has the same rule.
 */
final class ModelTotals {

    private static final String SUFFIX = "_model";

    private ModelTotals() {}

    static String kind(ResourceKind scope) {
        return scope.label + SUFFIX;
    }

    static boolean isKind(String kind) {
        return kind.endsWith(SUFFIX);
    }

    static ResourceKind scopeOf(String kind) {
        return ResourceKind.ofLabel(kind.substring(0, kind.length() - SUFFIX.length()));
    }

    static String id(ResourceKind scope, String id, String model) {
        return (isNamedByCallers(scope) ? id.replace("%", "%25").replace("/", "%2F") : id) + "/" + model;
    }

    /** The scope's id in that of a total of this model. */
    static String idOf(ResourceKind scope, String totalId, String model) {
        var id = totalId.substring(0, totalId.length() - model.length() - 1);
        return isNamedByCallers(scope) ? id.replace("%2F", "/").replace("%25", "%") : id;
    }

    /** These names may hold anything, also slashes, as models' names do; ids may not. */
    private static boolean isNamedByCallers(ResourceKind scope) {
        return scope == ResourceKind.END_USER || scope == ResourceKind.TAG;
    }
}
