package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.List;

/** Users to be put into an organization, one or many, and what each of them may spend there. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AddOrganizationMembersRequest(
        @NotBlank String organizationId,

        @NotEmpty @Size(max = 500) @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<@NotNull @Valid OrganizationMemberRequest> member,

        BigDecimal maxBudgetInOrganization) {

    /** Fails naming the field when it is no limit. */
    LimitColumns limits() {
        return MemberLimits.of("max_budget_in_organization", maxBudgetInOrganization, "budget_duration", null);
    }
}
