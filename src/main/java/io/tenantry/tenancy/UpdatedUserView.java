package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** The answer to {@code /user/update}. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdatedUserView(String userId, UserView data) {}
