package io.tenantry.limits.engine;

import io.tenantry.platform.redis.TenantRoot;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A script's call that is about one list of charges: their balances' names, and what is packed of them behind the script's own arguments. */
final class ChargesCall {

    private final List<? extends Charge> charges;
    private final TermTable table = new TermTable();
    private final LimitTerm[] terms;

    ChargesCall(List<? extends Charge> charges) {
        this.charges = charges;
        this.terms = table.add(charges);
    }

    /** @param before names that come first */
    List<String> names(TenantRoot root, String... before) {
        var names = new ArrayList<>(List.of(before));
        table.addNames(root, names);
        return names;
    }

    /** @param packed the script's own arguments */
    Buffer packed(Packed packed, Duration spendLifetime, Duration lease) {
        packed.medium(table.balances());
        table.pack(packed, spendLifetime, lease);
        TermTable.packCharges(packed, terms, charges);
        return packed.buffer();
    }
}
