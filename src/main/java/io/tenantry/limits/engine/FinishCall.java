package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One call of {@code finish.v2.lua}: its keys and arguments, as described there. */
final class FinishCall {

    private final TenantRoot root;
    private final String reservationId;
    private final String state;
    private final List<ActualCharge> used;
    private final Balances balances;
    private final Duration spendLifetime;

    FinishCall(TenantRoot root, String reservationId, String state, List<ActualCharge> used, Duration spendLifetime) {
        this.root = root;
        this.reservationId = reservationId;
        this.state = state;
        this.used = used;
        this.balances = new Balances(used.stream().map(ActualCharge::reserved).toList());
        this.spendLifetime = spendLifetime;
    }

    List<String> keys() {
        var keys = new ArrayList<String>(1 + balances.groups.size());
        keys.add(LimitNames.reservation(root, reservationId));
        balances.addNames(root, keys);
        return keys;
    }

    List<Buffer> args() {
        var packed = new Packed().small(balances.groups.size());
        int position = 0;
        for (var group : balances.groups) {
            packed.number(Packed.lifetimeMillis(group, spendLifetime, Duration.ZERO));
            packed.small(group.charges.size());
            for (int i = 0; i < group.charges.size(); i++) {
                add(packed, used.get(balances.given(position++)));
            }
        }
        return List.of(Buffer.buffer(state), packed.buffer());
    }

    private static void add(Packed packed, ActualCharge use) {
        var charge = use.reserved();
        packed.small(charge.limit().kind().tag);
        if (charge instanceof Charge.Rate rate) {
            packed.number(use.correction()).rule(rate.rule()).number(0);
        } else if (charge instanceof Charge.Budget budget) {
            var total = use.total();
            packed.number(budget.amount())
                    .number(total == null ? Packed.NOTHING : total.amount())
                    .window(budget)
                    .number(total == null ? 0 : total.epoch());
        } else {
            packed.number(0).number(0).number(0).number(0).number(0);
        }
    }
}
