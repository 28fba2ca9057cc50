package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** The teams to be deleted. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeleteTeamsRequest(@NotEmpty @Size(max = 500) List<@NotNull String> teamIds) {}
