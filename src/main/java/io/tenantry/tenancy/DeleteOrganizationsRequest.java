package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;

/** The organizations to be deleted. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record DeleteOrganizationsRequest(
        @NotEmpty @Size(max = 100) List<@NotNull String> organizationIds) {}
