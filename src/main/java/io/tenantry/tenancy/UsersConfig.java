package io.tenantry.tenancy;

import io.smallrye.config.ConfigMapping;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** Users. */
@ConfigMapping(prefix = "tenantry.users")
public interface UsersConfig {

    /** The role of users who are made by `/user/new` or `/user/bulk_create` without one: internal_user or internal_user_viewer. By default they have none. */
    Optional<String> defaultRole();

    /** The max_budget in US dollars of users who are made without one, whoever makes them: an administrator, an invitation to a team, a first token. 0 allows nothing. By default none. */
    Optional<BigDecimal> defaultMaxBudget();

    /** The same for budget_duration, such as 30d. */
    Optional<String> defaultBudgetDuration();

    /** The same for models. Global administrators get none of these defaults. */
    Optional<List<String>> defaultModels();
}
