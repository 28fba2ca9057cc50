package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import java.util.ArrayList;
import java.util.List;

/** Charges by the balance that they are taken from, each balance's in the order given. The scripts' order; keeps the way back to the given positions. */
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

    /** For each position in the scripts' order the position in the given list. */
    private final int[] given;

    Balances(List<? extends Charge> charges) {
        var groupAt = new int[charges.size()];
        for (int i = 0; i < groupAt.length; i++) {
            groupAt[i] = groupOf(charges.get(i).limit());
            groups.get(groupAt[i]).charges.add(charges.get(i));
        }
        given = new int[groupAt.length];
        int next = 0;
        for (int group = 0; group < groups.size(); group++) {
            for (int i = 0; i < groupAt.length; i++) {
                if (groupAt[i] == group) {
                    given[next++] = i;
                }
            }
        }
    }

    /** A request's charges touch a handful of balances: a walk is faster than a map. */
    private int groupOf(LimitRef limit) {
        for (int i = groups.size() - 1; i >= 0; i--) {
            if (groups.get(i).takes(limit)) {
                return i;
            }
        }
        groups.add(new Group(limit));
        return groups.size() - 1;
    }

    /** The position in the list that was given, for a position in the scripts' order; both from 0. */
    int given(int position) {
        return given[position];
    }

    void addNames(TenantRoot root, List<String> names) {
        for (var group : groups) {
            names.add(LimitNames.balance(root, group.balance));
        }
    }
}
