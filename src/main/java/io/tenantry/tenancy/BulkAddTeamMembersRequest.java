package io.tenantry.tenancy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/**
 * Many users to be put into a team, with one result each.
 *
 * @param allUsers everybody instead of a list
 * @param atomic   whether nobody is added where one cannot be
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record BulkAddTeamMembersRequest(
        @NotBlank String teamId,
        List<@NotNull @Valid TeamMemberRequest> members,
        Boolean allUsers,
        Boolean atomic,
        BigDecimal maxBudgetInTeam,
        BigDecimal softBudget,
        String budgetDuration,
        Long tpmLimit,
        Long rpmLimit,
        Integer maxParallelRequests,
        List<@NotNull @Size(max = 255) String> allowedModels,
        @JsonAnySetter Map<String, Object> others) {

    /** What one call takes. */
    static final int MOST = 500;

    boolean everybody() {
        return Boolean.TRUE.equals(allUsers);
    }

    boolean allOrNone() {
        return Boolean.TRUE.equals(atomic);
    }

    /** What each of them gets. Fails naming the first field that is no limit or that nothing would enforce. */
    TeamMembers.Terms terms() {
        UnsupportedFields.refuse(others, UnsupportedFields.OF_MEMBERS);
        var given = LimitPatch.given(
                maxBudgetInTeam, softBudget, budgetDuration, tpmLimit, rpmLimit, maxParallelRequests, others);
        return new TeamMembers.Terms(
                MemberLimits.checked("max_budget_in_team", given), allowedModels == null ? List.of() : allowedModels);
    }

    /** Fails with INVALID_VALUE where nobody or too many are named. */
    List<TeamMemberRequest> named() {
        if (members == null || members.isEmpty()) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("members")
                    .detail("members must name at least one user, or all_users be true");
        }
        if (members.size() > MOST) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("members")
                    .detail("members may name %d users at most; send the others in further calls", MOST);
        }
        return members;
    }
}
