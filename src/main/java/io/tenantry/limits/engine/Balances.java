package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import java.util.ArrayList;
import java.util.List;

/** Charges by the balance that they are taken from, each balance's in the order given: the order of scripts that are about one reservation. */
final class Balances {

    /** All charges on one balance. */
    static final class Group {
        final LimitRef balance;
        final List<Charge> charges = new ArrayList<>(4);

        Group(LimitRef balance) {
            this.balance = balance;
        }

        private boolean takes(LimitRef limit) {
            return balance.sharesBalanceWith(limit);
        }
    }

    final List<Group> groups = new ArrayList<>();

    Balances(List<? extends Charge> charges) {
        for (var charge : charges) {
            groupOf(charge.limit()).charges.add(charge);
        }
    }

    /** A request's charges touch a handful of balances: a walk is faster than a map. */
    private Group groupOf(LimitRef limit) {
        for (var group : groups) {
            if (group.takes(limit)) {
                return group;
            }
        }
        var added = new Group(limit);
        groups.add(added);
        return added;
    }

    void addNames(TenantRoot root, List<String> names) {
        for (var group : groups) {
            names.add(LimitNames.balance(root, group.balance));
        }
    }
}
