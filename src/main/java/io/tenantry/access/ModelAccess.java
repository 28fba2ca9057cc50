package io.tenantry.access;

import io.tenantry.core.ResourceKind;
import java.util.List;
import java.util.Optional;

/** Which models may be used: every level has to allow it, so the most restrictive one decides. */
public record ModelAccess(List<Level> levels) {

    public ModelAccess {
        levels = List.copyOf(levels);
    }

    /** One level and its list, most specific first. */
    public record Level(ResourceKind scope, String id, ModelList models) {}

    /**
     * The first level that does not allow the model; empty when all do.
     *
     * @param model what will be called, an alias resolved
     * @param alias what the caller asked for; the same when it was no alias
     */
    public Optional<Level> firstDenying(String model, String alias) {
        for (var level : levels) {
            if (!level.models().allows(model, alias)) {
                return Optional.of(level);
            }
        }
        return Optional.empty();
    }
}
