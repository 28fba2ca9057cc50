package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** The ids of the teams that were deleted. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeletedTeamsView(List<String> deletedTeams) {}
