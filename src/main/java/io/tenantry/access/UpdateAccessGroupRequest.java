package io.tenantry.access;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;

/** What is to change in a group: absent stays, null or an empty list takes everything away. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateAccessGroupRequest(
        Patch<@NotBlank @Size(max = 255) String> accessGroupName,
        Patch<@Size(max = 2_000) String> description,
        Patch<@Size(max = NewAccessGroupRequest.MOST_MODELS) List<@NotBlank @Size(max = 255) String>> accessModelNames,
        Patch<@Size(max = NewAccessGroupRequest.MOST_ASSIGNED) List<@NotNull String>> assignedTeamIds,
        Patch<@Size(max = NewAccessGroupRequest.MOST_ASSIGNED) List<@NotNull String>> assignedKeyIds,
        @JsonAnySetter Map<String, Object> others) {

    void requireSupported() {
        GroupTerms.requireModelsOnly(others);
        if (accessGroupName instanceof Patch.Cleared) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param("access_group_name")
                    .detail("access_group_name must not be null: a group has a name");
        }
    }

    /** Everything but what it is assigned to. */
    void applyTo(AccessGroup group, String actor) {
        accessGroupName.ifPresent(name -> group.accessGroupName = GroupTerms.requireName(name));
        group.description = description.over(group.description);
        accessModelNames.ifPresent(
                models -> group.models = models == null ? List.of() : GroupTerms.requireModels(models));
        group.updatedBy = actor;
    }
}
