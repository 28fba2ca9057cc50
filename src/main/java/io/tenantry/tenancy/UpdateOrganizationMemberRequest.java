package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Pattern;
import java.math.BigDecimal;
import java.util.Map;

/** What shall become of a member of an organization: its role, and what it may spend and use there. Null clears the member's own value. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateOrganizationMemberRequest(
        @NotBlank String organizationId,
        String userId,
        String userEmail,

        @Pattern(
                regexp = "org_admin|internal_user|internal_user_viewer",
                message = "must be org_admin, internal_user or internal_user_viewer")
        String role,

        Patch<BigDecimal> maxBudgetInOrganization,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        @JsonAnySetter Map<String, Object> others) {

    @AssertTrue(message = "needs a user_id or a user_email")
    boolean isNamed() {
        return person().userId() != null || person().email() != null;
    }

    Person person() {
        return new Person(userId, userEmail);
    }

    /** Fails naming the first field that is no limit or that nothing would enforce. */
    LimitPatch limits() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_ORGANIZATION_MEMBERS);
        LimitColumns.requireMoney("max_budget_in_organization", maxBudgetInOrganization.orNull());
        return new LimitPatch(
                maxBudgetInOrganization, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
    }
}
