package io.tenantry.keys;

import jakarta.validation.constraints.NotNull;
import java.util.List;

/**
 * Changes to many keys, each with its own fields as in {@code /key/update}.
 *
 * @param atomic all or none; without it each item stands for itself
 */
public record BulkUpdateKeysRequest(@NotNull List<@NotNull UpdateKeyRequest> keys, Boolean atomic) {

    boolean isAtomic() {
        return Boolean.TRUE.equals(atomic);
    }
}
