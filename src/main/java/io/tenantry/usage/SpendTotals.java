package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.tenancy.SpendLookup;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Reads the totals that the ledger keeps. */
@ApplicationScoped
class SpendTotals implements SpendLookup {

    private static final String CURRENT = """
            select s.scope_id, s.spend_nano
            from unnest($2::text[], $3::text[]) as wanted (id, period)
            join spend_total s on s.scope_kind = $1 and s.scope_id = wanted.id and s.period = wanted.period
                              and s.period_start <= now() and now() < s.period_end""";

    private final Pool pool;

    SpendTotals(Pool pool) {
        this.pool = pool;
    }

    @Override
    public Uni<Map<String, NanoUsd>> current(ResourceKind kind, Collection<Scope> scopes) {
        if (scopes.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        var ids = scopes.stream().map(Scope::id).toArray(String[]::new);
        var periods = scopes.stream()
                .map(scope -> scope.budgetDuration() == null ? "lifetime" : scope.budgetDuration())
                .toArray(String[]::new);
        return pool.preparedQuery(CURRENT)
                .execute(Tuple.of(kind.label, ids, periods))
                .map(SpendTotals::byScope);
    }

    private static Map<String, NanoUsd> byScope(RowSet<Row> rows) {
        var spend = new HashMap<String, NanoUsd>();
        rows.forEach(row -> spend.put(row.getString("scope_id"), new NanoUsd(row.getLong("spend_nano"))));
        return spend;
    }
}
