package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
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
import java.util.Map;

/** Users to be put into a team, one or many, and what each of them may spend and use there. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record AddTeamMembersRequest(
        @NotBlank String teamId,

        @NotEmpty @Size(max = 500) @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<@NotNull @Valid TeamMemberRequest> member,

        BigDecimal maxBudgetInTeam,
        BigDecimal softBudget,
        String budgetDuration,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        List<@NotNull @Size(max = 255) String> allowedModels,
        @JsonAnySetter Map<String, Object> others) {

    /** Fails naming the first field that is no limit or that nothing would enforce. */
    LimitPatch limits() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_MEMBERS);
        var given = LimitPatch.given(
                maxBudgetInTeam, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
        return MemberLimits.checked("max_budget_in_team", given);
    }

    List<String> models() {
        return allowedModels == null ? List.of() : allowedModels;
    }
}
