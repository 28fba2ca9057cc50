package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The limits that the requests of a call are about, each once: by balance and numbered, as {@code readTerms} in {@code balance.v3.lua} reads them. */
final class TermTable {

    private final List<LimitTerm.Balance> balances = new ArrayList<>();

    /** The charges' terms, in their order, null where a charge is null. They have their numbers when all requests have been added and the table is {@linkplain #pack packed}. */
    LimitTerm[] add(List<? extends Charge> charges) {
        var terms = new LimitTerm[charges.size()];
        for (int i = 0; i < terms.length; i++) {
            var charge = charges.get(i);
            terms[i] = charge == null ? null : balanceOf(charge.limit()).termOf(charge);
        }
        return terms;
    }

    /** A call touches a handful of balances: a walk is faster than a map. */
    private LimitTerm.Balance balanceOf(LimitRef limit) {
        for (var balance : balances) {
            if (balance.keeps(limit)) {
                return balance;
            }
        }
        var added = new LimitTerm.Balance(limit);
        balances.add(added);
        return added;
    }

    int balances() {
        return balances.size();
    }

    void addNames(TenantRoot root, List<String> names) {
        for (var balance : balances) {
            names.add(LimitNames.balance(root, balance.limit()));
        }
    }

    /** Numbers the terms, balance by balance. */
    void pack(Packed packed, Duration spendLifetime, Duration lease) {
        int position = 0;
        for (var balance : balances) {
            packed.number(balance.lifetimeMillis(spendLifetime, lease));
            packed.medium(balance.terms().size());
            for (var term : balance.terms()) {
                term.position = ++position;
                packed.term(term.charge);
            }
        }
    }

    /** What one request takes of which terms, as {@code readCharges} reads it; after the table, which numbers them. */
    static void packCharges(Packed packed, LimitTerm[] terms, List<? extends Charge> charges) {
        packed.medium(terms.length);
        for (int i = 0; i < terms.length; i++) {
            packed.medium(terms[i].position).number(charges.get(i).amount());
        }
    }
}
