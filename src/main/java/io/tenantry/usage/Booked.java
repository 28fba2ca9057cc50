package io.tenantry.usage;

import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import java.time.Instant;
import java.util.Map;

/**
 * What the ledger holds for a request: of this booking, or of the first one if it was booked before.
 *
 * @param first  whether this call booked it
 * @param totals nano-dollars of each window that was named, this use included
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
        Map<TotalKey, Long> totals) {

    /** A scope's window. */
    record TotalKey(String kind, String id, String period, long startEpochSecond) {

        static TotalKey of(Charge.Money budget) {
            return new TotalKey(
                    budget.limit().scope().label,
                    budget.limit().id(),
                    budget.window().period(),
                    budget.window().start().getEpochSecond());
        }
    }

    /** The window's settled total; {@link Charge#UNLIMITED} when it was not named. */
    long totalOf(Charge.Money budget) {
        return totals.getOrDefault(TotalKey.of(budget), Charge.UNLIMITED);
    }
}
