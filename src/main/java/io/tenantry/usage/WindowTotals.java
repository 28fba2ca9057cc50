package io.tenantry.usage;

import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.SettledTotal;

/**
 * What was used in a budget's window.
 *
 * @param spendNano nano-dollars, less what was carried in from the window before
 * @param epoch     see {@link SettledTotal}
 */
record WindowTotals(long spendNano, long tokens, long requests, long epoch) {

    /** In the unit that a budget of this kind counts. */
    SettledTotal of(LimitKind kind) {
        return new SettledTotal(
                epoch,
                switch (kind) {
                    case TOKEN_BUDGET -> tokens;
                    case REQUEST_BUDGET -> requests;
                    default -> spendNano;
                });
    }
}
