package io.tenantry.tenancy;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** What a team gives members that have no budget of their own. The limits are also where a budget of their own starts from. */
@ApplicationScoped
class MemberDefaults {

    private final BudgetDirectory budgets;

    MemberDefaults(BudgetDirectory budgets) {
        this.budgets = budgets;
    }

    /** A copy of the limits; empty where the team has no default. In the caller's session. */
    Uni<LimitColumns> of(Team team) {
        return team.memberBudgetId == null
                ? Uni.createFrom().item(new LimitColumns())
                : budgets.byIds(List.of(team.memberBudgetId))
                        .map(found -> found.get(team.memberBudgetId).limits().copy());
    }
}
