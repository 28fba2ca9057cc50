package io.tenantry.limits.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a limit allows, apart from how much a request takes of it: sent once in a batch, however many reservations ask it. */
final class LimitTerm {

    /** One of those that ask it: all have these terms. */
    final Charge charge;

    /** Its number in the batch, counted from 1 through all balances. */
    int position;

    private LimitTerm(Charge charge) {
        this.charge = charge;
    }

    /** Reservations that were decided by an older and a newer policy can ask the same limit on different terms. */
    private boolean isOf(Charge other) {
        if (charge.limit().kind() != other.limit().kind() || charge.shadow() != other.shadow()) {
            return false;
        }
        if (charge instanceof Charge.Rate rate && other instanceof Charge.Rate rate2) {
            return rate.rule() == rate2.rule() || rate.rule().equals(rate2.rule());
        }
        if (charge instanceof Charge.Budget budget && other instanceof Charge.Budget budget2) {
            return budget.most() == budget2.most()
                    && budget.version() == budget2.version()
                    && (budget.window() == budget2.window() || budget.window().equals(budget2.window()));
        }
        return charge.most() == other.most();
    }

    /** What one scope has used, for all models or for one, and everything that is asked of it. */
    static final class Balance {

        private final LimitRef limit;
        private final List<LimitTerm> terms = new ArrayList<>(4);

        /** @param limit any of its limits: they differ in kind only */
        Balance(LimitRef limit) {
            this.limit = limit;
        }

        LimitRef limit() {
            return limit;
        }

        List<LimitTerm> terms() {
            return terms;
        }

        boolean keeps(LimitRef other) {
            return limit == other || limit.sharesBalanceWith(other);
        }

        LimitTerm termOf(Charge charge) {
            for (var term : terms) {
                if (term.isOf(charge)) {
                    return term;
                }
            }
            var added = new LimitTerm(charge);
            terms.add(added);
            return added;
        }

        long lifetimeMillis(Duration spendLifetime, Duration lease) {
            boolean budget = false;
            for (var term : terms) {
                budget |= term.charge instanceof Charge.Budget;
            }
            return Packed.lifetimeMillis(budget, spendLifetime, lease);
        }
    }
}
