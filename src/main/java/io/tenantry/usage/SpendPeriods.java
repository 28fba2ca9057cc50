package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.BudgetPeriod;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.ResourceKind;
import io.tenantry.identity.Scope;
import io.tenantry.usage.SpendPeriodsView.PeriodView;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** The totals of all periods, which are kept for ever: of objects within the caller's reach, and for proxy admins also of those that are gone. */
@ApplicationScoped
class SpendPeriods {

    private static final String READ = """
            select t.period, t.period_start, t.period_end, t.spend_nano, a.forgiven_nano, t.carried_nano, t.requests, t.input_tokens, t.output_tokens,
                   t.total_tokens
            from spend_total t
            left join spend_adjustment a on a.scope_kind = t.scope_kind and a.scope_id = t.scope_id and a.period = t.period
                                        and a.period_start = t.period_start
            where t.scope_kind = $1 and t.scope_id = $2 and ($3::text is null or t.period = $3)
            order by t.period_start desc, t.period limit $4""";

    /** Members are named by the id of their team or organization and their own. */
    private static final String IS_WITHIN = """
            select $1 = 'organization' and $2 = any ($3)
                or $1 = 'team' and ($2 = any ($4) or exists (select from team t where t.team_id = $2 and t.organization_id = any ($3)))
                or $1 = 'user' and $2 = $5
                or $1 = 'key' and ($2 = $6 or exists (select from api_key k
                                                      where k.key_id::text = $2
                                                        and (k.organization_id = any ($3) or k.team_id = any ($4) or k.user_id = $5)))
                or $1 = 'team_member' and (split_part($2, '/', 2) = $5 or split_part($2, '/', 1) = any ($4)
                                           or exists (select from team t
                                                      where t.team_id = split_part($2, '/', 1) and t.organization_id = any ($3)))
                or $1 = 'organization_member' and (split_part($2, '/', 2) = $5 or split_part($2, '/', 1) = any ($3)) as within""";

    private final Pool pool;

    SpendPeriods(Pool pool) {
        this.pool = pool;
    }

    /** What is asked for: a scope's periods of one length, or of every length when that is null, for one model or for all when that is null. */
    record Question(String scope, String id, String model, String period, int most) {

        private String totalKind() {
            return model == null ? scope : ModelTotals.kind(ResourceKind.ofLabel(scope));
        }

        private String totalId() {
            return model == null ? id : ModelTotals.id(ResourceKind.ofLabel(scope), id, model);
        }
    }

    /** Empty where nothing was used, where there is no such thing, and where it is out of the caller's reach. */
    Uni<SpendPeriodsView> read(Scope scope, Question question) {
        return isWithin(scope, question)
                .flatMap(within -> within ? periods(question) : Uni.createFrom().item(List.<PeriodView>of()))
                .map(periods -> new SpendPeriodsView(question.scope(), question.id(), question.model(), periods));
    }

    private Uni<Boolean> isWithin(Scope scope, Question question) {
        var boundary = scope.boundary();
        if (boundary.everything()) {
            return Uni.createFrom().item(true);
        }
        return pool.preparedQuery(IS_WITHIN)
                .execute(Tuple.tuple()
                        .addString(question.scope())
                        .addString(question.id())
                        .addArrayOfString(boundary.organizations().toArray(String[]::new))
                        .addArrayOfString(boundary.teams().toArray(String[]::new))
                        .addString(boundary.userId())
                        .addString(boundary.keyId()))
                .map(rows -> Boolean.TRUE.equals(rows.iterator().next().getBoolean("within")));
    }

    private Uni<List<PeriodView>> periods(Question question) {
        return pool.preparedQuery(READ)
                .execute(Tuple.of(question.totalKind(), question.totalId(), question.period(), question.most()))
                .map(SpendPeriods::views);
    }

    private static List<PeriodView> views(RowSet<Row> rows) {
        var views = new ArrayList<PeriodView>();
        rows.forEach(row -> views.add(view(row)));
        return views;
    }

    private static PeriodView view(Row row) {
        boolean ends = !BudgetPeriod.LIFETIME.period().equals(row.getString("period"));
        return new PeriodView(
                row.getString("period"),
                ends ? row.getOffsetDateTime("period_start").toInstant() : null,
                ends ? row.getOffsetDateTime("period_end").toInstant() : null,
                new NanoUsd(row.getLong("spend_nano")).toUsd(),
                NanoUsd.usdOrNull(row.getLong("forgiven_nano")),
                NanoUsd.usdOrNull(row.getLong("carried_nano")),
                row.getLong("requests"),
                row.getLong("input_tokens"),
                row.getLong("output_tokens"),
                row.getLong("total_tokens"));
    }
}
