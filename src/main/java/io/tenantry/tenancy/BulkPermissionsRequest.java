package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/**
 * What plain members shall be allowed in addition, in many teams.
 *
 * @param applyToAllTeams every team instead of a list
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkPermissionsRequest(
        @NotEmpty List<@NotNull String> permissions,
        @Size(max = 500) List<@NotNull String> teamIds,
        Boolean applyToAllTeams) {

    boolean toAll() {
        return Boolean.TRUE.equals(applyToAllTeams);
    }

    /** Sorted; fails with VALIDATION naming the first that does not exist. */
    List<String> known() {
        return MemberPermissions.known(ProblemCode.VALIDATION, "permissions", permissions).stream()
                .distinct()
                .sorted()
                .toList();
    }

    /** The teams, each once; empty for all. Fails with INVALID_VALUE where the request names both or neither. */
    List<String> named() {
        var ids = teamIds == null
                ? List.<String>of()
                : teamIds.stream().distinct().toList();
        if (ids.isEmpty() != toAll()) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("team_ids")
                    .detail("Send either team_ids or apply_to_all_teams: true");
        }
        return ids;
    }
}
