package io.tenantry.usage;

import io.tenantry.core.NanoUsd;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import io.vertx.core.json.JsonObject;
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

    /** What was booked now. */
    static Booked first(UsageEvent event, Instant settledAt, Map<TotalKey, WindowTotals> totals) {
        return new Booked(
                true,
                event.model(),
                event.inputTokens(),
                event.outputTokens(),
                event.totalTokens(),
                event.cost(),
                event.status(),
                event.partial(),
                settledAt,
                totals,
                false);
    }

    /** From JSON, as the ledger tells it and as it waits in the spool. */
    static Booked of(
            JsonObject row, boolean first, Instant settledAt, Map<TotalKey, WindowTotals> totals, boolean spooled) {
        return new Booked(
                first,
                row.getString("model"),
                row.getLong("input_tokens"),
                row.getLong("output_tokens"),
                row.getLong("total_tokens"),
                new NanoUsd(row.getLong("cost_nano")),
                row.getString("status"),
                row.getBoolean("partial"),
                settledAt,
                totals,
                spooled);
    }

    /** A scope's window, of all models or of one: the row of {@code spend_total}. */
    record TotalKey(String kind, String id, String period, long startEpochSecond) {

        static TotalKey of(Charge.Budget budget) {
            var limit = budget.limit();
            return new TotalKey(
                    limit.model() == null ? limit.scope().label : ModelTotals.kind(limit.scope()),
                    limit.model() == null ? limit.id() : ModelTotals.id(limit.scope(), limit.id(), limit.model()),
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
