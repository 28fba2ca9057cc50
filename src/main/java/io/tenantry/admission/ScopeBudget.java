package io.tenantry.admission;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import java.time.Instant;
import java.time.ZoneId;

/** A cap with its period. The current window is remembered: it changes once a period, and computing it costs more than the rest. */
final class ScopeBudget {

    private final LimitRef limit;
    private final long most;
    private final long soft;
    private final String period;
    private final ZoneId zone;
    private final boolean shadow;
    private final long rollover;
    private final Instant since;
    private final long version;
    private final Allowance allowance;
    private volatile Current current;

    private record Current(BudgetPeriod.Window window, Charge.Carry carry) {}

    /**
     * @param rollover how much unused budget a window may take over from the one before; zero for none
     * @param since    when the budget's owner began to exist
     * @param version  the latest version of what the cap is written in
     */
    ScopeBudget(
            LimitRef limit,
            long most,
            long soft,
            String period,
            ZoneId zone,
            boolean shadow,
            long rollover,
            Instant since,
            long version) {
        this(limit, most, soft, period, zone, shadow, rollover, since, version, Allowance.NONE);
    }

    private ScopeBudget(
            LimitRef limit,
            long most,
            long soft,
            String period,
            ZoneId zone,
            boolean shadow,
            long rollover,
            Instant since,
            long version,
            Allowance allowance) {
        this.limit = limit;
        this.most = most;
        this.soft = soft;
        this.period = period;
        this.zone = zone;
        this.shadow = shadow;
        this.rollover = rollover;
        this.since = since;
        this.version = version;
        this.allowance = allowance;
    }

    /** The same cap, where more may be spent of money than it says. */
    ScopeBudget with(Allowance allowance) {
        return limit.kind() == LimitKind.BUDGET
                ? new ScopeBudget(limit, most, soft, period, zone, shadow, rollover, since, version, allowance)
                : this;
    }

    LimitRef limit() {
        return limit;
    }

    /** Whether the cap makes the cost of a request matter. A period alone is only counted. */
    CostMatters costMatters() {
        if (limit.kind() != LimitKind.BUDGET || (most == Charge.UNLIMITED && soft == Charge.UNLIMITED)) {
            return CostMatters.NOT;
        }
        return most == Charge.UNLIMITED || shadow ? CostMatters.WHERE_KNOWN : CostMatters.ALWAYS;
    }

    Charge.Budget charge(Estimate estimate, Instant now) {
        var at = currentAt(now);
        return new Charge.Budget(
                limit,
                amount(estimate),
                allowance.raised(most, at.window(), now),
                allowance.forgiving(soft, at.window()),
                at.window(),
                shadow,
                at.carry(),
                version);
    }

    private long amount(Estimate estimate) {
        return switch (limit.kind()) {
            case TOKEN_BUDGET ->
                most == 0 ? Math.max(1, estimate.heldTokens()) : estimate.heldTokens(); // as of a rate of zero
            case REQUEST_BUDGET -> 1;
            default -> estimate.cost().value();
        };
    }

    private Current currentAt(Instant now) {
        var known = current;
        if (known == null || !known.window().contains(now)) {
            var window = BudgetPeriod.windowAt(period, now, zone);
            known = new Current(window, carryInto(window));
            current = known;
        }
        return known;
    }

    private Charge.Carry carryInto(BudgetPeriod.Window window) {
        if (rollover == 0
                || most == Charge.UNLIMITED
                || window.equals(BudgetPeriod.LIFETIME)
                || !since.isBefore(window.start())) {
            return null;
        }
        var before = BudgetPeriod.windowAt(period, window.start().minusSeconds(1), zone);
        return new Charge.Carry(rollover, most, before.start());
    }
}
