package io.tenantry.admission;

import io.tenantry.core.BudgetPeriod;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.Standing;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * After how long a refused request would pass, if nobody else asks. The store knows when buckets are full enough and when leases end. Of budgets it takes more:
 * a period ends, and with it what was carried into it or forgiven of it; a temporary increase ends by the clock. So what the request would be asked at that time is asked
 * of the policy, and no time is told at which it would be refused.
 *
 * @param now     when the limits stood so
 * @param expires when the key expires; null when it does not
 * @param charges what the same request would be charged at another time
 */
record Waits(Instant now, Instant expires, Function<Instant, List<Charge>> charges) {

    /** Microseconds until all of these would let the request pass; empty when waiting does not help or the time cannot be told. */
    OptionalLong of(List<Standing> standings) {
        var asked = standings.stream()
                .filter(standing -> !standing.charge().shadow())
                .toList();
        long longest = 0;
        for (var standing : asked) {
            long wait = of(standing);
            if (wait == Standing.NEVER) {
                return OptionalLong.empty();
            }
            longest = Math.max(longest, wait);
        }
        return passes(asked, at(longest)) ? OptionalLong.of(longest) : OptionalLong.empty();
    }

    /**
     * The same of a key that is throttled, because its budget is spent: it passes as soon as its throttled rates let it, or its budget has room again.
     *
     * @param unthrottled how its limits stood when the budget refused; none where nothing is throttled
     */
    OptionalLong of(List<Standing> standings, List<Standing> unthrottled) {
        var throttled = of(standings);
        var whole = unthrottled.isEmpty() ? OptionalLong.empty() : of(unthrottled);
        return throttled.isPresent() && whole.isPresent()
                ? OptionalLong.of(Math.min(throttled.getAsLong(), whole.getAsLong()))
                : throttled.isPresent() ? throttled : whole;
    }

    private boolean passes(List<Standing> standings, Instant at) {
        return (expires == null || expires.isAfter(at)) && standings.stream().allMatch(standing -> fits(standing, at));
    }

    /** The same of one limit, whatever the others say; {@link Standing#NEVER} for never or not known. */
    long of(Standing standing) {
        if (!standing.isShort() || !(standing.charge() instanceof Charge.Budget budget)) {
            return standing.waitMicros();
        }
        long nextPeriod = budget.window().equals(BudgetPeriod.LIFETIME)
                ? Standing.NEVER
                : (Duration.between(now, budget.window().end()).toNanos() + 999) / 1_000;
        return LongStream.of(standing.waitMicros(), nextPeriod)
                .filter(wait -> wait != Standing.NEVER)
                .sorted()
                .filter(wait -> fits(standing, at(wait)))
                .findFirst()
                .orElse(Standing.NEVER);
    }

    private Instant at(long micros) {
        return now.plus(micros, ChronoUnit.MICROS);
    }

    /** Whether the request would fit into the budget, at a time at which the store's wait for it is over; rates and slots it fits then. */
    private boolean fits(Standing standing, Instant at) {
        if (!(standing.charge() instanceof Charge.Budget budget) || budget.most() == Charge.UNLIMITED) {
            return true;
        }
        long most = mostOf(budget, at);
        if (most == Charge.UNLIMITED) {
            return true;
        }
        if (!at.isBefore(budget.window().end())) {
            return budget.amount() <= most; // what that period will take over from this one is not known yet
        }
        long cap = most + standing.carried();
        return standing.isShort() ? cap >= budget.most() : standing.used() + standing.held() + budget.amount() <= cap;
    }

    /** Nothing where the budget is not asked then. */
    private long mostOf(Charge.Budget budget, Instant at) {
        return charges.apply(at).stream()
                .filter(charge -> charge.isAsked() && charge.limit().equals(budget.limit()))
                .map(Charge.Budget.class::cast)
                .filter(other -> other.window().period().equals(budget.window().period()))
                .mapToLong(Charge::most)
                .findFirst()
                .orElse(0);
    }
}
