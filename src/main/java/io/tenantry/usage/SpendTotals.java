package io.tenantry.usage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.tenantry.admission.GroupedReads;
import io.tenantry.admission.SettledTotals;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.Charge;
import io.tenantry.limits.engine.SettledTotal;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.tenancy.SpendResets;
import io.tenantry.usage.Booked.TotalKey;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Reads what was spent from the totals that the ledger keeps. */
@Startup // its meter is there from the first scrape on
@ApplicationScoped
public class SpendTotals implements SettledTotals, SpendResets {

    /**
     * Lifetime totals are kept from the first booking on and only read; windows are summed up when they are first asked for. That locks their scopes'
     * lifetime rows, in the order in which bookings do: whether the total for all begins here is decided before any. The lifetime of all begins with the first
     * question, and its function sees what was booked while this statement waited for that decision, which the statement itself does not.
     */
    private static final String OF_WINDOWS = """
            with asked as materialized (
                select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                                     $8::bigint[], $9::bigint[], $10::timestamptz[]) with ordinality
                              as a(kind, id, period, owner_kind, owner_id, starts, ends, carry_most, cap, previous, n)
                where (select case when 'global' = any ($4::text[]) then total_for_all_is_kept(true) else true end))
            select a.n, coalesce(t.spend_nano, 0) as spend, coalesce(t.total_tokens, 0) as tokens,
                   coalesce(t.requests, 0) as requests, coalesce(t.epoch, 0) as epoch
            from asked a
            left join spend_total t on t.scope_kind = a.kind and t.scope_id = a.id and t.period = 'lifetime'
            where a.period = 'lifetime' and a.kind not like '%\\_model' and a.kind <> 'global'
            union all
            select a.n, t.spend, t.tokens, t.requests, t.epoch
            from (select * from asked where period <> 'lifetime' or kind like '%\\_model' or kind = 'global'
                  order by owner_kind, owner_id) a
            cross join lateral seed_total(a.kind, a.id, a.period, a.starts, a.ends, a.carry_most, a.cap, a.previous) t""";

    private static final String CARRIED = """
            select a.n, t.carried_nano
            from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) with ordinality as a(kind, id, period, starts, n)
            join spend_total t on t.scope_kind = a.kind and t.scope_id = a.id and t.period = a.period and t.period_start = a.starts
            where t.carried_nano is not null""";

    private static final String RESET = """
            select reset_spend(:kind, :id, :period, to_timestamp(cast(:starts as bigint)), to_timestamp(cast(:ends as bigint)),
                               cast(:target as bigint), :actor)""";

    /** Few: summing a window up holds its scope's lock until all are done. Callers that miss the same ones share them. */
    private static final int WINDOWS_AT_ONCE = 16;

    private final Pool admissions;
    private final GroupedReads<Charge.Budget, SettledTotal> windowReads;
    private final Counter statements;

    SpendTotals(@ReactiveDataSource(AdmissionPool.NAME) Pool admissions, UsageConfig config, MeterRegistry metrics) {
        this.admissions = admissions;
        this.windowReads = new GroupedReads<>(this::read, WINDOWS_AT_ONCE, config.commitTimeout());
        this.statements = Counter.builder("tenantry.budget.statements")
                .description(
                        "Statements that read budgets' settled totals for Redis: one for all that a request misses, shared by those that wait")
                .register(metrics);
    }

    @Override
    public Uni<List<SettledTotal>> of(List<Charge.Budget> budgets) {
        var windows = budgets.stream().map(Charge.Budget::asWindow).toList();
        return windowReads
                .read(windows)
                .map(found -> windows.stream().map(found::get).toList());
    }

    private Uni<Map<Charge.Budget, SettledTotal>> read(List<Charge.Budget> windows) {
        statements.increment();
        return admissions
                .preparedQuery(OF_WINDOWS)
                .execute(Tuple.from(arguments(windows)))
                .map(rows -> totals(rows, windows));
    }

    @Override
    public Uni<Map<Charge.Budget, Long>> carriedInto(List<Charge.Budget> budgets) {
        var keys = budgets.stream().map(TotalKey::of).toList();
        return admissions
                .preparedQuery(CARRIED)
                .execute(Tuple.of(
                        column(keys, TotalKey::kind, String[]::new),
                        column(keys, TotalKey::id, String[]::new),
                        column(keys, TotalKey::period, String[]::new),
                        column(budgets, budget -> at(budget.window().start()), OffsetDateTime[]::new)))
                .map(rows -> carried(rows, budgets));
    }

    private static Map<Charge.Budget, Long> carried(RowSet<Row> rows, List<Charge.Budget> budgets) {
        var carried = new HashMap<Charge.Budget, Long>();
        for (var row : rows) {
            carried.put(budgets.get(row.getLong("n").intValue() - 1), row.getLong("carried_nano"));
        }
        return carried;
    }

    private static List<Object> arguments(List<Charge.Budget> budgets) {
        var keys = budgets.stream().map(TotalKey::of).toList();
        return List.of(
                column(keys, TotalKey::kind, String[]::new),
                column(keys, TotalKey::id, String[]::new),
                column(keys, TotalKey::period, String[]::new),
                column(budgets, budget -> budget.limit().scope().label, String[]::new),
                column(budgets, budget -> budget.limit().id(), String[]::new),
                column(budgets, budget -> at(budget.window().start()), OffsetDateTime[]::new),
                column(budgets, budget -> at(budget.window().end()), OffsetDateTime[]::new),
                column(carried(budgets, budget -> budget.carry().most()), most -> most, Long[]::new),
                column(carried(budgets, budget -> budget.carry().cap()), cap -> cap, Long[]::new),
                column(carried(budgets, budget -> at(budget.carry().from())), from -> from, OffsetDateTime[]::new));
    }

    private static <S, T> T[] column(List<S> rows, Function<S, T> value, IntFunction<T[]> array) {
        return rows.stream().map(value).toArray(array);
    }

    /** Null where nothing is carried in. */
    private static <T> List<T> carried(List<Charge.Budget> budgets, Function<Charge.Budget, T> value) {
        var values = new ArrayList<T>();
        budgets.forEach(budget -> values.add(budget.carry() == null ? null : value.apply(budget)));
        return values;
    }

    private static OffsetDateTime at(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private static Map<Charge.Budget, SettledTotal> totals(RowSet<Row> rows, List<Charge.Budget> windows) {
        var totals = new HashMap<Charge.Budget, SettledTotal>();
        for (var row : rows) {
            var window = windows.get(row.getLong("n").intValue() - 1);
            var total = new WindowTotals(
                    row.getLong("spend"), row.getLong("tokens"), row.getLong("requests"), row.getLong("epoch"));
            totals.put(window, total.of(window.limit().kind()));
        }
        return totals;
    }

    @Override
    public Uni<NanoUsd> reset(ResourceKind kind, String id, BudgetPeriod.Window window, NanoUsd target, String actor) {
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(RESET, Long.class)
                        .setParameter("kind", kind.label)
                        .setParameter("id", id)
                        .setParameter("period", window.period())
                        .setParameter("starts", window.start().getEpochSecond())
                        .setParameter("ends", window.end().getEpochSecond())
                        .setParameter("target", target.value())
                        .setParameter("actor", actor)
                        .getSingleResult())
                .map(NanoUsd::new);
    }
}
