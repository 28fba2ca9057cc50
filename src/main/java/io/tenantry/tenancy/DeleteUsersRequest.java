package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;
import java.util.List;

/**
 * The users to be deleted.
 *
 * @param organizationId the organization whose members they are; an organization admin may leave it out
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeleteUsersRequest(@NotEmpty @Size(max = 500) List<@NotBlank String> userIds, String organizationId) {

    List<String> distinctIds() {
        return userIds.stream().distinct().sorted().toList();
    }
}
