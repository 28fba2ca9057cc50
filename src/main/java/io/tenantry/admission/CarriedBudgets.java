package io.tenantry.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.LimitKind;
import io.tenantry.limits.engine.LimitRef;
import io.tenantry.limits.engine.Standing;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Tells budgets with what their windows took over from those before them: a cap that is higher by it. The store counts it as used in advance, which decides the
 * same and needs one figure; only the ledger can tell the two apart. So it is read there once for each window, and remembered, since it is fixed when
 * the window is first used. Nothing is decided by it: where it cannot be read, as much is taken for carried over as is certain.
 */
@ApplicationScoped
class CarriedBudgets {

    private static final int MOST_KNOWN = 20_000;
    private static final int AT_ONCE = 64;

    /** What is only told must not keep a decision waiting. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    private static final Duration WHERE_FIXED = Duration.ofHours(1);
    private static final Duration WHERE_OPEN = Duration.ofSeconds(10);

    /** The ledger has decided nothing about the window: what is below zero there was refunded. */
    private static final long UNDECIDED = -1;

    /** The ledger did not answer. */
    private static final long UNKNOWN = -2;

    private final GroupedReads<Charge.Budget, Long> reads;
    private final Cache<Key, Long> known = Caffeine.newBuilder()
            .maximumSize(MOST_KNOWN)
            .expireAfter(Expiry.<Key, Long>creating((key, carried) -> carried < 0 ? WHERE_OPEN : WHERE_FIXED))
            .build();

    private record Key(LimitRef limit, BudgetPeriod.Window window) {

        static Key of(Charge.Budget budget) {
            return new Key(budget.limit(), budget.window());
        }
    }

    CarriedBudgets(SettledTotals totals) {
        this.reads = new GroupedReads<>(totals::carriedInto, AT_ONCE, PATIENCE);
    }

    /** The same standings, in the same order. */
    Uni<List<Standing>> told(List<Standing> standings) {
        for (var standing : standings) {
            if (mayCarry(standing)) {
                return told(standings, CarriedBudgets::mayCarry);
            }
        }
        return Uni.createFrom().item(standings);
    }

    /** The same of those that were kept with a reservation: of what their windows take over nothing is kept. */
    Uni<List<Standing>> toldAgain(List<Standing> standings) {
        return told(standings, CarriedBudgets::isOfPeriod);
    }

    private Uni<List<Standing>> told(List<Standing> standings, Predicate<Standing> carrying) {
        var unknown = standings.stream()
                .filter(carrying)
                .map(standing -> ((Charge.Budget) standing.charge()).asWindow())
                .filter(budget -> known.getIfPresent(Key.of(budget)) == null)
                .toList();
        return read(unknown).map(done -> standings.stream()
                .map(standing -> carrying.test(standing) ? carrying(standing) : standing)
                .toList());
    }

    private Uni<Void> read(List<Charge.Budget> unknown) {
        return unknown.isEmpty()
                ? Uni.createFrom().voidItem()
                : reads.read(unknown)
                        .invoke(found -> remember(unknown, found, UNDECIDED))
                        .onFailure()
                        .invoke(away -> remember(unknown, Map.of(), UNKNOWN))
                        .onFailure()
                        .recoverWithNull()
                        .replaceWithVoid();
    }

    private static boolean isOfPeriod(Standing standing) {
        return standing.charge() instanceof Charge.Budget budget
                && budget.limit().kind() == LimitKind.BUDGET
                && !budget.window().equals(BudgetPeriod.LIFETIME);
    }

    /** Also where nothing is carried over any more: what a window has taken over it keeps. */
    private static boolean mayCarry(Standing standing) {
        return standing.charge() instanceof Charge.Budget budget
                && (budget.carry() != null || (standing.used() < 0 && isOfPeriod(standing)));
    }

    private void remember(List<Charge.Budget> asked, Map<Charge.Budget, Long> found, long otherwise) {
        asked.forEach(budget -> known.put(Key.of(budget), found.getOrDefault(budget, otherwise)));
    }

    private Standing carrying(Standing standing) {
        var carried = known.getIfPresent(Key.of((Charge.Budget) standing.charge()));
        long certain = Math.max(0, -standing.used());
        return standing.carrying(carried == null || carried == UNKNOWN ? certain : Math.max(0, carried));
    }
}
