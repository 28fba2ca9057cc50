package io.tenantry.admission;

import io.quarkus.reactive.datasource.ReactiveDataSource;
import io.smallrye.mutiny.Uni;
import io.tenantry.access.ObjectAccess;
import io.tenantry.admission.NamedScope.Check;
import io.tenantry.admission.NamedScopes.Name;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
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

    private final Pool pool;
    private final AdmissionConfig config;
    private final LimitSettings settings;

    NamedScopeReader(@ReactiveDataSource(AdmissionPool.NAME) Pool pool, AdmissionConfig config, EngineConfig engine) {
        this.pool = pool;
        this.config = config;
        this.settings = LimitSettings.of(config, engine);
    }

    /**
     * @param versions   what Redis knew of each name before, null where nothing
     * @param beganNanos when it was asked for that
     */
    Uni<List<NamedScope>> read(List<Name> names, List<Long> versions, long beganNanos) {
        var kinds = names.stream().map(name -> name.kind().label).toArray(String[]::new);
        var texts = names.stream().map(Name::name).toArray(String[]::new);
        return pool.preparedQuery(READ)
                .execute(Tuple.of(
                        kinds,
                        texts,
                        config.defaultCustomerBudgetId().orElse(null),
                        config.globalBudgetId().orElse(null)))
                .ifNoItem()
                .after(config.loadTimeout())
                .failWith(() ->
                        Problem.of(ProblemCode.DATABASE_UNAVAILABLE).internally("reading a customer took too long"))
                .map(rows -> scopes(names, versions, rows, beganNanos));
    }

    private List<NamedScope> scopes(List<Name> names, List<Long> versions, RowSet<Row> rows, long beganNanos) {
        var known = new HashMap<Name, Long>();
        for (int i = 0; i < names.size(); i++) {
            known.put(names.get(i), versions.get(i));
        }
        var scopes = new ArrayList<NamedScope>();
        for (var row : rows) {
            var name = new Name(ResourceKind.ofLabel(row.getString("kind")), row.getString("name"));
            scopes.add(scope(name, known.get(name), row, beganNanos));
        }
        return scopes;
    }

    private NamedScope scope(Name name, Long known, Row row, long beganNanos) {
        var checks = new ArrayList<Check>(2);
        var version = row.getLong("version") == null ? known : row.getLong("version");
        checks.add(new Check(name.root(), name.kind(), name.id(), version));
        // a row of its own is touched when its budget changes; a default has no row
        if (row.getString("budget_id") != null && row.getBoolean("by_default")) {
            var budget = row.getString("budget_id");
            checks.add(new Check(
                    new TenantRoot(ResourceKind.BUDGET, budget),
                    ResourceKind.BUDGET,
                    budget,
                    row.getLong("budget_version")));
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
                ScopeLimits.of(name.kind(), name.name(), terms(row, version), settings),
                beganNanos);
    }

    private static ObjectAccess.Level objects(Name name, JsonObject terms) {
        return terms == null ? null : new ObjectAccess.Level(name.kind(), name.name(), PolicyReader.plain(terms));
    }

    /** @param version of the name, its deletion's where it has been deleted: a default counts again then */
    private static LimitTerms terms(Row row, Long version) {
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
                Math.max(orNone(version), orNone(row.getLong("budget_version"))),
                row.getString("budget_id"),
                null);
    }

    private static long orNone(Long version) {
        return version == null ? 0 : version;
    }
}
