package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import java.math.BigDecimal;
import java.util.List;

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
        String budgetDuration) {

    /** What one call takes. */
    static final int MOST = 500;

    boolean everybody() {
        return Boolean.TRUE.equals(allUsers);
    }

    boolean allOrNone() {
        return Boolean.TRUE.equals(atomic);
    }

    TeamMembers.Terms terms() {
        return new TeamMembers.Terms(
                MemberLimits.of("max_budget_in_team", maxBudgetInTeam, "budget_duration", budgetDuration), List.of());
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
