package io.tenantry.usage;

import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import java.time.Instant;
import java.util.Map;

/**
 * What the ledger holds for a request: of this booking, or of the first one if it was booked before.
 *
 * @param first  whether this call booked it
 * @param totals of each window that was named, this use included
 */
record Booked(
        boolean first,
        String model,
        long inputTokens,
        long outputTokens,
        long totalTokens,
        NanoUsd cost,
        boolean failed,
        boolean partial,
        Instant settledAt,
        Map<TotalKey, SettledTotal> totals) {

    /** A scope's window. */
    record TotalKey(String kind, String id, String period, long startEpochSecond) {

        static TotalKey of(Charge.Budget budget) {
            return new TotalKey(
                    budget.limit().scope().label,
                    budget.limit().id(),
                    budget.window().period(),
                    budget.window().start().getEpochSecond());
        }
    }

    /** The window's settled total; null when it was not named. */
    SettledTotal totalOf(Charge.Budget budget) {
        return totals.get(TotalKey.of(budget));
    }
}
