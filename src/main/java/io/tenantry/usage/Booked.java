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
 * @param spooled whether it is not in the ledger yet, but durably on its way there
 */
record Booked(
        boolean first,
        String model,
        long inputTokens,
        long outputTokens,
        long totalTokens,
        NanoUsd cost,
        String status,
        boolean partial,
        Instant settledAt,
        Map<TotalKey, WindowTotals> totals,
        boolean spooled) {

    /** A scope's window, of all models or of one: the row of {@code spend_total}. */
    record TotalKey(String kind, String id, String period, long startEpochSecond) {

        static TotalKey of(Charge.Budget budget) {
            var limit = budget.limit();
            return new TotalKey(
                    limit.model() == null ? limit.scope().label : limit.scope().label + "_model",
                    limit.model() == null ? limit.id() : limit.id() + "/" + limit.model(),
                    budget.window().period(),
                    budget.window().start().getEpochSecond());
        }
    }

    /** The window's settled total; null when it was not named. */
    SettledTotal totalOf(Charge.Budget budget) {
        var window = totals.get(TotalKey.of(budget));
        return window == null ? null : window.of(budget.limit().kind());
    }
}
