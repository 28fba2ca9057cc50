package io.tenantry.usage;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.SettledTotals;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.keys.SpendResets;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.tenancy.SpendLookup;
import io.tenantry.usage.Booked.TotalKey;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what was spent from the totals that the ledger keeps. */
@ApplicationScoped
public class SpendTotals implements SettledTotals, SpendLookup, SpendResets {

    private static final String OF_WINDOW =
            "select spend, tokens, requests, epoch from seed_total($1, $2, $3, $4, $5, $6, $7, $8)";

    private static final String OF_LIFETIME = """
            select coalesce(sum(spend_nano), 0)::bigint as spend, coalesce(sum(total_tokens), 0)::bigint as tokens,
                   coalesce(sum(requests), 0)::bigint as requests, coalesce(max(epoch), 0) as epoch
            from spend_total where scope_kind = $1 and scope_id = $2 and period = 'lifetime'""";

    /** The window that is running now, or the lifetime where there is no period; without what was forgiven of it. */
    private static final String CURRENT = """
            select s.id, case when a.forgiven_nano is null then t.spend_nano
                              else greatest(t.spend_nano - a.forgiven_nano, 0) end as spend_nano
            from unnest($2::text[], $3::text[]) as s(id, period)
            join spend_total t on t.scope_kind = $1 and t.scope_id = s.id and t.period = s.period
                              and t.period_start <= now() and now() < t.period_end
            left join spend_adjustment a on a.scope_kind = t.scope_kind and a.scope_id = t.scope_id and a.period = t.period
                                        and a.period_start = t.period_start""";

    private static final String RESET = """
            select reset_spend('key', :id, :period, to_timestamp(cast(:starts as bigint)), to_timestamp(cast(:ends as bigint)),
                               cast(:target as bigint), :actor)""";

    private final Pool pool;
    private final Pool admissions;

    SpendTotals(Pool pool, @ReactiveDataSource(AdmissionPool.NAME) Pool admissions) {
        this.pool = pool;
        this.admissions = admissions;
    }

    @Override
    public Uni<SettledTotal> of(Charge.Budget budget) {
        var key = TotalKey.of(budget);
        var window = budget.window();
        if (window.equals(BudgetPeriod.LIFETIME) && budget.limit().model() == null) {
            return admissions
                    .preparedQuery(OF_LIFETIME)
                    .execute(Tuple.of(key.kind(), key.id()))
                    .map(rows -> total(rows, budget));
        }
        return admissions
                .preparedQuery(OF_WINDOW)
                .execute(Tuple.from(arguments(key, budget)))
                .map(rows -> total(rows, budget));
    }

    private static List<Object> arguments(TotalKey key, Charge.Budget budget) {
        var window = budget.window();
        var carry = budget.carry();
        return Arrays.asList(
                key.kind(),
                key.id(),
                window.period(),
                window.start().atOffset(ZoneOffset.UTC),
                window.end().atOffset(ZoneOffset.UTC),
                carry == null ? null : carry.most(),
                carry == null ? null : budget.most(),
                carry == null ? null : carry.from().atOffset(ZoneOffset.UTC));
    }

    private static SettledTotal total(RowSet<Row> rows, Charge.Budget budget) {
        var row = rows.iterator().next();
        return new WindowTotals(
                        row.getLong("spend"), row.getLong("tokens"), row.getLong("requests"), row.getLong("epoch"))
                .of(budget.limit().kind());
    }

    @Override
    public Uni<Map<String, NanoUsd>> current(ResourceKind kind, Collection<Scope> scopes) {
        if (scopes.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        var ids = scopes.stream().map(Scope::id).toArray(String[]::new);
        var periods = scopes.stream()
                .map(scope -> scope.budgetDuration() == null ? BudgetPeriod.LIFETIME.period() : scope.budgetDuration())
                .toArray(String[]::new);
        return pool.preparedQuery(CURRENT)
                .execute(Tuple.of(kind.label, ids, periods))
                .map(SpendTotals::byId);
    }

    private static Map<String, NanoUsd> byId(RowSet<Row> rows) {
        var spend = new HashMap<String, NanoUsd>();
        for (var row : rows) {
            spend.put(row.getString("id"), new NanoUsd(row.getLong("spend_nano")));
        }
        return spend;
    }

    @Override
    public Uni<NanoUsd> reset(String keyId, BudgetPeriod.Window window, NanoUsd target, String actor) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(RESET, Long.class)
                        .setParameter("id", keyId)
                        .setParameter("period", window.period())
                        .setParameter("starts", window.start().getEpochSecond())
                        .setParameter("ends", window.end().getEpochSecond())
                        .setParameter("target", target.value())
                        .setParameter("actor", actor)
                        .getSingleResult())
                .map(NanoUsd::new);
    }
}
