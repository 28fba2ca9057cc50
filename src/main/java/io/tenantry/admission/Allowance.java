package io.tenantry.admission;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.Saturating;
import io.tenantry.limits.engine.Charge;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.Instant;
import java.util.List;

/**
 * What a key, or a member of a team, may spend beyond its cap: a temporary increase until its end, and what was forgiven of a window's total. Both are settled by the
 * clock of each decision, so that neither needs anybody to end it.
 *
 * @param increase nano-dollars
 * @param until    when the increase ends; null without one
 */
record Allowance(long increase, Instant until, List<Forgiven> forgiven) {

    static final Allowance NONE = new Allowance(0, null, List.of());

    /** @param startEpochSecond of the window that this was forgiven of */
    record Forgiven(String period, long startEpochSecond, long nano) {

        boolean isOf(BudgetPeriod.Window window) {
            return startEpochSecond == window.start().getEpochSecond() && period.equals(window.period());
        }
    }

    /** Of the key's user in its team. */
    static Allowance ofMember(Row row) {
        return of(row, "m_");
    }

    /** Of the key. */
    static Allowance of(Row row) {
        return of(row, "");
    }

    private static Allowance of(Row row, String prefix) {
        var expires = row.getOffsetDateTime(prefix + "temp_budget_expires_at");
        var forgiven = row.getJsonArray(prefix + "forgiven");
        if (expires == null && forgiven == null) {
            return NONE;
        }
        return new Allowance(
                expires == null ? 0 : row.getLong(prefix + "temp_budget_increase_nano"),
                expires == null ? null : expires.toInstant(),
                forgiven == null
                        ? List.of()
                        : forgiven.stream()
                                .map(JsonObject.class::cast)
                                .map(one -> new Forgiven(
                                        one.getString("period"), one.getLong("start"), one.getLong("nano")))
                                .toList());
    }

    /** The hard cap that counts now. */
    long raised(long most, BudgetPeriod.Window window, Instant now) {
        if (most == Charge.UNLIMITED || this == NONE) {
            return most;
        }
        long cap = forgiving(most, window);
        return until != null && until.isAfter(now) ? Saturating.add(cap, increase) : cap;
    }

    /** A cap on a total of which something was forgiven. */
    long forgiving(long most, BudgetPeriod.Window window) {
        if (most == Charge.UNLIMITED || forgiven.isEmpty()) {
            return most;
        }
        for (var one : forgiven) {
            if (one.isOf(window)) {
                return Saturating.add(most, one.nano());
            }
        }
        return most;
    }
}
