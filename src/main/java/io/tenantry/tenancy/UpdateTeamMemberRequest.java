package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Patch;
import io.tenantry.tenancy.Enrolment.Person;
import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What shall become of a member: its role, and what it may spend and use in the team. Null clears the member's own value. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UpdateTeamMemberRequest(
        @NotBlank String teamId,
        String userId,
        String userEmail,

        @Pattern(regexp = "admin|user", message = "must be admin or user")
        String role,

        Patch<BigDecimal> maxBudgetInTeam,
        Patch<BigDecimal> softBudget,
        Patch<String> budgetDuration,
        Patch<Long> tpmLimit,
        Patch<Long> rpmLimit,
        Patch<Integer> maxParallelRequests,
        Patch<List<@NotNull @Size(max = 255) String>> allowedModels,
        Patch<BigDecimal> tempBudgetIncrease,
        Patch<String> tempBudgetExpiry,
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
        UnsupportedFields.refuse(others, UnsupportedFields.OF_MEMBERS);
        LimitColumns.requireMoney("max_budget_in_team", maxBudgetInTeam.orNull());
        return new LimitPatch(
                maxBudgetInTeam, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
    }

    /** What the member may spend beyond its cap; null where the request says nothing about it. */
    TemporaryIncrease temporaryIncrease(Instant now) {
        var increase = TemporaryIncrease.of(tempBudgetIncrease, tempBudgetExpiry, now);
        return tempBudgetIncrease.isPresent() ? increase : null;
    }
}
