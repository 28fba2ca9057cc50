package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What became of one user of {@code /user/bulk_update}.
 *
 * @param error status and reason, as {@code "404: …"}; null when the user was changed
 */
@RegisterForReflection
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdatedUserResult(
        String userId, String userEmail, boolean success, String error, UpdatedUserView updatedUser) {}
