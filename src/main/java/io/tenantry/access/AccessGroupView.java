package io.tenantry.access;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.time.Instant;
import java.util.List;

/** A group as clients read it. A key is named by its token, which is the hash of its secret. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AccessGroupView(
        @NotNull String accessGroupId,
        @NotNull String accessGroupName,
        String description,
        @NotNull List<String> accessModelNames,
        List<String> accessMcpServerIds,
        List<String> accessAgentIds,
        @NotNull List<String> assignedTeamIds,
        @NotNull List<String> assignedKeyIds,
        @NotNull Instant createdAt,
        String createdBy,
        @NotNull Instant updatedAt,
        String updatedBy) {

    static AccessGroupView of(AccessGroup group, Assigned assigned) {
        return new AccessGroupView(
                group.accessGroupId,
                group.accessGroupName,
                group.description,
                group.models,
                List.of(),
                List.of(),
                assigned.teamIds(),
                assigned.keyTokens(),
                group.createdAt,
                group.createdBy,
                group.updatedAt,
                group.updatedBy);
    }

    /** The teams and keys that a group is assigned to. */
    record Assigned(List<String> teamIds, List<String> keyTokens) {
        static final Assigned NONE = new Assigned(List.of(), List.of());
    }
}
