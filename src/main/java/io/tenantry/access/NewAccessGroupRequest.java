package io.tenantry.access;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Ids;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** The group to be made, and the teams and keys to assign it to. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record NewAccessGroupRequest(
        @NotBlank @Size(max = 255) String accessGroupName,
        @Size(max = 2_000) String description,
        @Size(max = NewAccessGroupRequest.MOST_MODELS) List<@NotBlank @Size(max = 255) String> accessModelNames,
        @Size(max = NewAccessGroupRequest.MOST_ASSIGNED) List<@NotNull String> assignedTeamIds,
        @Size(max = NewAccessGroupRequest.MOST_ASSIGNED) List<@NotNull String> assignedKeyIds,
        @JsonAnySetter Map<String, Object> others) {

    /** Policies carry them, and every decision of such a key looks through them. */
    static final int MOST_MODELS = 1_000;

    /** One transaction holds a lock on each of them. */
    static final int MOST_ASSIGNED = 1_000;

    /** Fails naming the first field that cannot be honoured. */
    AccessGroup toGroup(String actor) {
        GroupTerms.requireModelsOnly(others);
        var group = new AccessGroup();
        group.accessGroupId = Ids.random();
        group.accessGroupName = GroupTerms.requireName(accessGroupName);
        group.description = description;
        group.models = accessModelNames == null ? List.of() : GroupTerms.requireModels(accessModelNames);
        group.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        group.updatedAt = group.createdAt;
        group.createdBy = actor;
        group.updatedBy = actor;
        return group;
    }

    List<String> teamsOrNone() {
        return assignedTeamIds == null ? List.of() : assignedTeamIds;
    }

    List<String> keysOrNone() {
        return assignedKeyIds == null ? List.of() : assignedKeyIds;
    }
}
