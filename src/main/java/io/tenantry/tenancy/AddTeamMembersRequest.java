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

/** Users to be put into a team, one or many, and what each of them may spend and use there. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AddTeamMembersRequest(
        @NotBlank String teamId,

        @NotEmpty @Size(max = 500) @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<@NotNull @Valid TeamMemberRequest> member,

        BigDecimal maxBudgetInTeam,
        String budgetDuration,
        List<@NotNull String> allowedModels) {

    /** Fails naming the first field that is no limit. */
    LimitColumns limits() {
        return MemberLimits.of("max_budget_in_team", maxBudgetInTeam, "budget_duration", budgetDuration);
    }

    List<String> models() {
        return allowedModels == null ? List.of() : allowedModels;
    }
}
