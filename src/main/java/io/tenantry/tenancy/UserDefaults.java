package io.tenantry.tenancy;

import io.quarkus.runtime.Startup;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.platform.stores.StartRefused;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What users get who are made without limits of their own, on whichever way they are made. Users who are there already keep what they have. */
@Startup // wrong settings stop the start
@ApplicationScoped
class UserDefaults {

    private static final Set<String> ROLES = Set.of("internal_user", "internal_user_viewer");

    private final Terms terms;

    UserDefaults(UsersConfig config) {
        this.terms = new Terms(
                config.defaultRole().orElse(null),
                config.defaultMaxBudget().orElse(null),
                config.defaultBudgetDuration().orElse(null),
                config.defaultModels().orElse(List.of()));
        terms.require();
    }

    /** The defaults themselves; null and empty where there is none. */
    record Terms(String role, BigDecimal maxBudget, String budgetDuration, List<String> models) {

        static final Terms NONE = new Terms(null, null, null, List.of());

        private void require() {
            if (role != null && !ROLES.contains(role)) {
                throw new StartRefused("tenantry.users.default-role must be internal_user or internal_user_viewer.");
            }
            try {
                LimitColumns.of(maxBudget, null, budgetDuration, null, null, null);
            } catch (Problem wrong) {
                throw new StartRefused(
                        "tenantry.users.default-max-budget or default-budget-duration: " + wrong.getMessage());
            }
        }

        Long maxBudgetNano() {
            return maxBudget == null ? null : NanoUsd.ofUsd(maxBudget).value();
        }

        String[] modelNames() {
            return models.toArray(String[]::new);
        }

        /** As an audit entry shows them. */
        Map<String, Object> shown() {
            var shown = new HashMap<String, Object>();
            shown.put("max_budget", maxBudget);
            shown.put("budget_duration", budgetDuration);
            shown.put("models", models);
            return shown;
        }
    }

    /** For a user who is asked for; global administrators get none. */
    Terms of(NewUserRequest request) {
        return request.asksForGlobalAdmin() ? Terms.NONE : terms;
    }

    /** For users whom nobody made by itself: members and callers that were not known. */
    Terms ofNewcomers() {
        return terms;
    }
}
