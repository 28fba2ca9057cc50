package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What became of one user of {@code /user/bulk_create}.
 *
 * @param index  the item's place in the request, from 0
 * @param userId the user's id; for a refused one the id that was sent
 * @param error  status and reason, as {@code "409: …"}; null when the user was made
 */
@RegisterForReflection
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CreatedUserResult(int index, String userId, String userEmail, boolean success, String error) {}
