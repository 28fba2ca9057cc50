package io.tenantry.tenancy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The answer to {@code /v2/user/info}: the user alone, with the ids of its teams. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record UserSummaryView(
        String userId,
        String userEmail,
        String userAlias,
        String userRole,
        BigDecimal spend,
        BigDecimal maxBudget,
        List<String> models,
        Long tpmLimit,
        Long rpmLimit,
        String budgetDuration,
        Instant budgetResetAt,
        Map<String, Object> metadata,
        boolean blocked,
        Instant createdAt,
        Instant updatedAt,
        String ssoUserId,
        List<String> teams) {

    static UserSummaryView of(UserView user) {
        return new UserSummaryView(
                user.userId(),
                user.userEmail(),
                user.userAlias(),
                user.userRole(),
                user.spend(),
                user.maxBudget(),
                user.models(),
                user.tpmLimit(),
                user.rpmLimit(),
                user.budgetDuration(),
                user.budgetResetAt(),
                user.metadata(),
                user.blocked(),
                user.createdAt(),
                user.updatedAt(),
                user.ssoUserId(),
                user.teams());
    }
}
