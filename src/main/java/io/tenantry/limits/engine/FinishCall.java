package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import java.util.ArrayList;
import java.util.List;

/** One call of {@code finish.v1.lua}: its keys and arguments, as described there. */
final class FinishCall {

    private final TenantRoot root;
    private final String reservationId;
    private final String state;
    private final ChargeGroups groups;
    private final List<ActualCharge> rates;
    private final List<ActualCharge> money;
    private final long spendLifetimeMillis;

    FinishCall(TenantRoot root, String reservationId, String state, List<ActualCharge> used, long spendLifetimeMillis) {
        this.root = root;
        this.reservationId = reservationId;
        this.state = state;
        this.groups = new ChargeGroups(used.stream().map(ActualCharge::reserved).toList());
        this.rates = used.stream()
                .filter(use -> use.reserved() instanceof Charge.Rate)
                .toList();
        this.money = used.stream()
                .filter(use -> use.reserved() instanceof Charge.Money)
                .toList();
        this.spendLifetimeMillis = spendLifetimeMillis;
    }

    List<String> keys() {
        var keys = new ArrayList<String>();
        keys.add(LimitNames.hold(root, reservationId));
        groups.addNames(root, keys);
        return keys;
    }

    List<String> args() {
        var args = new ArrayList<String>();
        args.add(reservationId);
        args.add(state);
        args.add(Integer.toString(groups.rates.size()));
        args.add(Integer.toString(groups.slots.size()));
        args.add(Integer.toString(groups.money.size()));
        args.add(Long.toString(spendLifetimeMillis));
        for (var rate : rates) {
            args.add(Long.toString(rate.correction()));
            ChargeGroups.addRule(args, ((Charge.Rate) rate.reserved()).rule());
        }
        for (var budget : money) {
            args.add(Long.toString(budget.reserved().amount()));
            args.add(Long.toString(budget.settledTotal()));
        }
        return args;
    }
}
