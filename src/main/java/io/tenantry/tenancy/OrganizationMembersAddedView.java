package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** The answer to {@code /organization/member_add}. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record OrganizationMembersAddedView(
        String organizationId,
        List<UserView> updatedUsers,
        List<OrganizationMembershipView> updatedOrganizationMemberships) {}
