package io.tenantry.admission;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.access.ObjectAccess;
import io.tenantry.admission.NamedScope.Check;
import io.tenantry.admission.NamedScopes.Name;
import io.tenantry.core.ResourceKind;
import io.tenantry.limits.engine.EngineConfig;
import io.tenantry.platform.database.AdmissionPool;
import io.tenantry.platform.redis.TenantRoot;
import io.tenantry.tenancy.FurtherLimits;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Reads scopes that requests name, any number of them by one statement. */
@ApplicationScoped
class NamedScopeReader {

    /** One row per name, also for those that nobody registered; an end user without a budget of its own has the configured default. */
    private static final String READ = """
            select n.kind, n.name, coalesce(e.version, g.version) as version, coalesce(e.blocked, false) as blocked,
                   e.allowed_model_region as region, e.default_model, object_permission_terms(e.object_permission_id) as objects,
                   coalesce(e.created_at, g.created_at, b.created_at) as since,
                   b.budget_id, b.version as budget_version, e.budget_id is null and g.budget_id is null as by_default, b.max_budget_nano, b.soft_budget_nano, b.budget_duration, b.tpm_limit,
                   b.rpm_limit, b.max_parallel_requests, b.further_limits
            from unnest($1::text[], $2::text[]) as n(kind, name)
            left join end_user e on n.kind = 'end_user' and e.end_user_id = n.name
            left join tag g on n.kind = 'tag' and g.name = n.name
            left join budget b on b.budget_id = case n.kind
                                                    when 'end_user' then coalesce(e.budget_id, $3)
                                                    when 'tag' then g.budget_id
                                                    else $4 end""";

    private static final int AT_ONCE = 100;
    /** Below that of any row. */
    private static final long UNKNOWN = -1;

    private final Pool pool;
    private final AdmissionConfig config;
    private final LimitSettings settings;
    private final GroupedReads<Name, Row> rows;
    private final AtomicLong settingsVersion = new AtomicLong(UNKNOWN);

    NamedScopeReader(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, AdmissionConfig config, EngineConfig engine) {
        this.pool = pool;
        this.config = config;
        this.settings = LimitSettings.of(config, engine);
        this.rows = new GroupedReads<>(this::rows, AT_ONCE, config.loadTimeout());
    }

    /** The shared budget that applies to names that have none of their own, whether or not there is such a budget. */
    Optional<TenantRoot> defaultBudget(ResourceKind kind) {
        var budget =
                switch (kind) {
                    case END_USER -> config.defaultCustomerBudgetId();
                    case GLOBAL -> config.globalBudgetId();
                    default -> Optional.<String>empty();
                };
        return budget.map(id -> new TenantRoot(ResourceKind.BUDGET, id));
    }

    /**
     * @param known      what Redis knew before of each name and of default budgets, null where nothing
     * @param beganNanos when it was asked for that
     */
    Uni<List<NamedScope>> read(List<Name> names, Map<TenantRoot, Long> known, long beganNanos) {
        return rows.read(names).map(found -> names.stream()
                .map(name -> scope(name, known, found.get(name), beganNanos))
                .toList());
    }

    private Uni<Map<Name, Row>> rows(List<Name> names) {
        var kinds = names.stream().map(name -> name.kind().label).toArray(String[]::new);
        var texts = names.stream().map(Name::name).toArray(String[]::new);
        return settingsRead()
                .chain(() -> pool.preparedQuery(READ)
                        .execute(Tuple.of(
                                kinds,
                                texts,
                                config.defaultCustomerBudgetId().orElse(null),
                                config.globalBudgetId().orElse(null))))
                .map(NamedScopeReader::byName);
    }

    /**
     * Settings change where an instance starts, and no row says so: a budget that is named again may have been away meanwhile, with nobody to tell Redis its
     * totals. So to each instance they are as new as its first look at them: then the totals of what they limit are read once more.
     */
    private Uni<Void> settingsRead() {
        boolean none = config.defaultCustomerBudgetId().isEmpty()
                && config.globalBudgetId().isEmpty();
        return none || settingsVersion.get() != UNKNOWN
                ? Uni.createFrom().voidItem()
                : pool.query("select nextval('change_version')")
                        .execute()
                        .invoke(rows -> settingsVersion.compareAndSet(
                                UNKNOWN, rows.iterator().next().getLong(0)))
                        .replaceWithVoid();
    }

    private static Map<Name, Row> byName(RowSet<Row> rows) {
        var byName = new HashMap<Name, Row>();
        rows.forEach(
                row -> byName.put(new Name(ResourceKind.ofLabel(row.getString("kind")), row.getString("name")), row));
        return byName;
    }

    private NamedScope scope(Name name, Map<TenantRoot, Long> known, Row row, long beganNanos) {
        var checks = new ArrayList<Check>(2);
        checks.add(check(name.root(), row.getLong("version"), known));
        // a row of its own is touched when its budget changes; a default has no row
        boolean byDefault = row.getBoolean("by_default");
        if (byDefault) {
            defaultBudget(name.kind())
                    .ifPresent(budget -> checks.add(check(budget, row.getLong("budget_version"), known)));
        }
        return new NamedScope(
                name.kind(),
                name.name(),
                name.root(),
                checks,
                row.getBoolean("blocked"),
                row.getString("region"),
                row.getString("default_model"),
                objects(name, row.getJsonObject("objects")),
                ScopeLimits.of(
                        name.kind(),
                        name.name(),
                        terms(row, Math.max(latest(checks), byDefault ? settingsVersion.get() : 0)),
                        settings),
                beganNanos);
    }

    private static Check check(TenantRoot object, Long version, Map<TenantRoot, Long> known) {
        return new Check(object, version == null ? known.get(object) : version);
    }

    private static ObjectAccess.Level objects(Name name, JsonObject terms) {
        return terms == null ? null : new ObjectAccess.Level(name.kind(), name.name(), PolicyReader.plain(terms));
    }

    private static LimitTerms terms(Row row, long version) {
        OffsetDateTime since = row.getOffsetDateTime("since");
        JsonObject further = row.getJsonObject("further_limits");
        return new LimitTerms(
                row.getLong("max_budget_nano"),
                row.getLong("soft_budget_nano"),
                row.getString("budget_duration"),
                row.getLong("tpm_limit"),
                row.getLong("rpm_limit"),
                row.getInteger("max_parallel_requests"),
                Map.of(),
                Map.of(),
                FurtherLimits.ofStored(further == null ? null : PolicyReader.plain(further)),
                since == null ? Instant.EPOCH : since.toInstant(),
                version,
                row.getString("budget_id"),
                null);
    }

    /** That of its deletion counts as well, where the name has been deleted: since then it is under the default. */
    private static long latest(List<Check> checks) {
        return checks.stream()
                .map(Check::version)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }
}
