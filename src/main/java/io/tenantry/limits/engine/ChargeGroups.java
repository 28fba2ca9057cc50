package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import java.util.ArrayList;
import java.util.List;

/** The scripts' order: rates, then slots, then money, each kind in the order given. Keeps the way back to the given positions. */
final class ChargeGroups {

    final List<Charge.Rate> rates = new ArrayList<>();
    final List<Charge.Slot> slots = new ArrayList<>();
    final List<Charge.Money> money = new ArrayList<>();

    /** For each position in the scripts' order the position in the given list. */
    private final List<Integer> given;

    ChargeGroups(List<? extends Charge> charges) {
        var rateAt = new ArrayList<Integer>();
        var slotAt = new ArrayList<Integer>();
        var moneyAt = new ArrayList<Integer>();
        for (int i = 0; i < charges.size(); i++) {
            Charge charge = charges.get(i);
            if (charge instanceof Charge.Rate rate) {
                rates.add(rate);
                rateAt.add(i);
            } else if (charge instanceof Charge.Slot slot) {
                slots.add(slot);
                slotAt.add(i);
            } else if (charge instanceof Charge.Money budget) {
                money.add(budget);
                moneyAt.add(i);
            }
        }
        rateAt.addAll(slotAt);
        rateAt.addAll(moneyAt);
        given = rateAt;
    }

    int size() {
        return given.size();
    }

    /** The position in the list that was given, for a position in the scripts' order; both from 0. */
    int given(int position) {
        return given.get(position);
    }

    void addNames(TenantRoot root, List<String> names) {
        rates.forEach(rate -> names.add(LimitNames.rate(root, rate.limit())));
        slots.forEach(slot -> names.add(LimitNames.slots(root, slot.limit())));
        money.forEach(budget -> names.add(LimitNames.spend(root, budget)));
        money.forEach(budget -> names.add(LimitNames.holds(root, budget)));
    }

    static void addRule(List<String> args, BucketRule rule) {
        args.add(Long.toString(rule.capacity()));
        args.add(Long.toString(rule.windowTicks()));
        args.add(Long.toString(rule.tickMicros()));
    }
}
