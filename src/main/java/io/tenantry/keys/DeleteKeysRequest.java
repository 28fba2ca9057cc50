package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** Which keys to delete: by secret, hash or id, or by alias. With both, the first counts. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeleteKeysRequest(
        @Size(max = DeleteKeysRequest.MOST) List<@NotNull @Size(min = 1) String> keys,
        @Size(max = DeleteKeysRequest.MOST) List<@NotNull @Size(min = 1, max = 255) String> keyAliases) {

    /** One transaction holds a lock on each of them. */
    static final int MOST = 500;

    boolean byAlias() {
        if (empty(keys) && empty(keyAliases)) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("keys")
                    .detail("keys or key_aliases must be given: a list of keys to delete, or of their aliases");
        }
        return empty(keys);
    }

    /** What the answer repeats. */
    List<String> named() {
        return byAlias() ? keyAliases : keys;
    }

    private static boolean empty(List<String> list) {
        return list == null || list.isEmpty();
    }
}
