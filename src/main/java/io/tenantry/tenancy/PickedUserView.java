package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** A user as pickers show it. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PickedUserView(String userId, String userEmail) {}
