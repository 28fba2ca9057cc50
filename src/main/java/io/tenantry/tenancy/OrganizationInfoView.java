package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** The answer to {@code GET /organization/info}: the organization, and how much of its budget is promised, free and used. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record OrganizationInfoView(@JsonUnwrapped OrganizationView organization, AllocationView allocation) {}
