package io.tenantry.keys;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/**
 * The same change to many keys of a team.
 *
 * @param keyIds        which keys: secrets, hashes or ids
 * @param allKeysInTeam all of them instead
 * @param atomic        all or none of {@code keyIds}; without it each key stands for itself
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkUpdateTeamKeysRequest(
        @NotNull @Size(min = 1, max = 255) String teamId,
        @Size(min = 1, max = 500) List<@NotNull @Size(min = 1) String> keyIds,
        Boolean allKeysInTeam,
        @NotNull @Valid UpdateKeyRequest updateFields,
        Boolean atomic) {

    /** Fails with VALIDATION when it is not said which keys, or said twice, or what may not be changed so is. */
    void requireMeaningful() {
        updateFields.requireOnlyTeamFields();
        if ((keyIds != null) == ofAll()) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("key_ids")
                    .detail("give either key_ids or all_keys_in_team: true");
        }
        if (ofAll() && isAtomic()) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("atomic")
                    .detail("atomic goes with key_ids: all keys of a team are changed in several transactions");
        }
    }

    boolean ofAll() {
        return Boolean.TRUE.equals(allKeysInTeam);
    }

    boolean isAtomic() {
        return Boolean.TRUE.equals(atomic);
    }
}
