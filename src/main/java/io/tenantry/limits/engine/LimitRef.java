package io.tenantry.limits.engine;

import io.tenantry.core.ResourceKind;
import java.util.Objects;

/**
 * Which limit: of whom, of what kind, and for which model or tag if it is for one only.
 *
 * @param model null for a limit on all models; of {@link LimitKind#TAG_REQUESTS} the tag
 */
public record LimitRef(ResourceKind scope, String id, LimitKind kind, String model) {

    /** Whether both are kept in one balance: they differ in kind only. */
    boolean sharesBalanceWith(LimitRef other) {
        return scope == other.scope() && id.equals(other.id()) && Objects.equals(model, other.model());
    }
}
