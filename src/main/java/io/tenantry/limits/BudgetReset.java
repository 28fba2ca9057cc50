package io.tenantry.limits;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.BudgetDirectory.BudgetTerms;
import io.tenantry.tenancy.LimitColumns;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/** When a budget's window ends. It follows from the period and the clock, so nobody can set it and nothing has to move it on. */
final class BudgetReset {

    private BudgetReset() {}

    /** The end of the running window; null for a cap without a period. */
    static Instant at(LimitColumns limits, Instant now) {
        var zone = limits.further().timeZone();
        return limits.budgetDuration == null
                ? null
                : BudgetPeriod.windowAt(limits.budgetDuration, now, zone == null ? ZoneOffset.UTC : zone)
                        .end();
    }

    /** The same for a budget that may not be there. */
    static void require(Instant sent, BudgetTerms budget) {
        require(sent, budget == null ? new LimitColumns() : budget.limits(), Instant.now());
    }

    /** Takes the time that we would say ourselves, since clients send back what they read. Fails with NOT_ENFORCED for any other. */
    static void require(Instant sent, LimitColumns limits, Instant now) {
        if (sent != null && !sent.truncatedTo(ChronoUnit.SECONDS).equals(at(limits, now))) {
            throw Problem.of(ProblemCode.NOT_ENFORCED)
                    .param("budget_reset_at")
                    .detail(
                            "budget_reset_at follows from budget_duration and the calendar and cannot be chosen: leave it out");
        }
    }
}
