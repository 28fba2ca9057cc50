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
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Reads what was spent from the totals that the ledger keeps. */
@Startup // its meter is there from the first scrape on
@ApplicationScoped
public class SpendTotals implements SettledTotals, SpendLookup, SpendResets {

    /**
     * Lifetime totals are kept from the first booking on and only read; windows are summed up when they are first asked for. That locks their scopes'
     * lifetime rows, in the order in which bookings do.
     */
    private static final String OF_WINDOWS = """
            with asked as (
                select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                                     $8::bigint[], $9::bigint[], $10::timestamptz[]) with ordinality
                              as a(kind, id, period, owner_kind, owner_id, starts, ends, carry_most, cap, previous, n))
            select a.n, coalesce(t.spend_nano, 0) as spend, coalesce(t.total_tokens, 0) as tokens,
                   coalesce(t.requests, 0) as requests, coalesce(t.epoch, 0) as epoch
            from asked a
            left join spend_total t on t.scope_kind = a.kind and t.scope_id = a.id and t.period = 'lifetime'
            where a.period = 'lifetime' and a.kind not like '%\\_model'
            union all
            select a.n, t.spend, t.tokens, t.requests, t.epoch
            from (select * from asked where period <> 'lifetime' or kind like '%\\_model'
                  order by owner_kind, owner_id) a
            cross join lateral seed_total(a.kind, a.id, a.period, a.starts, a.ends, a.carry_most, a.cap, a.previous) t""";

    /**
     * The windows' totals without what was forgiven of them. A window that nobody asked the limits about yet has none: because nothing was used
     * in it, which the days tell, or because the period was changed in the middle, and then the ledger knows. Long lists of what has no days of its
     * own (customers, tags) do not ask it for each.
     */
    private static final String CURRENT = """
            select s.id, case when a.forgiven_nano is null then coalesce(t.spend_nano, l.spend)
                              else greatest(coalesce(t.spend_nano, l.spend) - a.forgiven_nano, 0) end as spend_nano
            from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) as s(id, period, starts, ends)
            left join spend_total t on t.scope_kind = $1 and t.scope_id = s.id and t.period = s.period and t.period_start = s.starts
            left join spend_adjustment a on a.scope_kind = $1 and a.scope_id = s.id and a.period = s.period and a.period_start = s.starts
            left join lateral (
                select (ledger_sum($1, s.id, s.starts, s.ends)).spend
                where t.scope_id is null and s.period <> 'lifetime'
                  and exists (select from spend_total u where u.scope_kind = $1 and u.scope_id = s.id and u.period = 'lifetime')
                  and case $1
                          when 'key' then exists (select from daily_usage d where d.key_id = s.id and d.day >= (s.starts at time zone 'UTC')::date)
                          when 'team' then exists (select from daily_usage d where d.team_id = s.id and d.day >= (s.starts at time zone 'UTC')::date)
                          when 'user' then exists (select from daily_usage d where d.user_id = s.id and d.day >= (s.starts at time zone 'UTC')::date)
                          when 'organization' then exists (select from daily_usage d where d.organization_id = s.id and d.day >= (s.starts at time zone 'UTC')::date)
                          when 'team_member' then exists (select from daily_usage d where d.user_id = split_part(s.id, '/', 2) and d.team_id = split_part(s.id, '/', 1)
                                                                                      and d.day >= (s.starts at time zone 'UTC')::date)
                          when 'organization_member' then exists (select from daily_usage d where d.user_id = split_part(s.id, '/', 2) and d.organization_id = split_part(s.id, '/', 1)
                                                                                              and d.day >= (s.starts at time zone 'UTC')::date)
                          else cardinality($2::text[]) <= 100 end) l on true
            where coalesce(t.spend_nano, l.spend) is not null""";

    private static final String RESET = """
            select reset_spend('key', :id, :period, to_timestamp(cast(:starts as bigint)), to_timestamp(cast(:ends as bigint)),
                               cast(:target as bigint), :actor)""";

    /** Few: summing a window up holds its scope's lock until all are done. Callers that miss the same ones share them. */
    private static final int WINDOWS_AT_ONCE = 16;

    private final Pool pool;
    private final Pool admissions;
    private final GroupedReads<Charge.Budget, SettledTotal> windowReads;
    private final Counter statements;

    SpendTotals(
            Pool pool,
            @ReactiveDataSource(AdmissionPool.NAME) Pool admissions,
            UsageConfig config,
            MeterRegistry metrics) {
        this.pool = pool;
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
                column(carried(budgets, Charge.Budget::most), most -> most, Long[]::new),
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
    public Uni<Map<String, NanoUsd>> current(ResourceKind kind, Collection<Scope> scopes) {
        if (scopes.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return pool.preparedQuery(CURRENT)
                .execute(Tuple.of(
                        kind.label,
                        scopes.stream().map(Scope::id).toArray(String[]::new),
                        scopes.stream().map(scope -> scope.window().period()).toArray(String[]::new),
                        times(scopes, BudgetPeriod.Window::start),
                        times(scopes, BudgetPeriod.Window::end)))
                .map(SpendTotals::byId);
    }

    private static OffsetDateTime[] times(Collection<Scope> scopes, Function<BudgetPeriod.Window, Instant> time) {
        return scopes.stream()
                .map(scope -> time.apply(scope.window()).atOffset(ZoneOffset.UTC))
                .toArray(OffsetDateTime[]::new);
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
