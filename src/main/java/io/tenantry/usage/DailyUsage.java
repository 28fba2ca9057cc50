package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.platform.database.Totals;
import io.tenantry.tenancy.ActivityLookup;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** Reads the days that the ledger keeps: a page of rows, then the names of what is on it. */
@ApplicationScoped
class DailyUsage implements ActivityLookup {

    private static final Pattern KEY_ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private static final String KEYS = """
            select key_id::text as id, secret_hash, key_alias, team_id from api_key where key_id = any($1)
            union all
            select key_id::text, secret_hash, key_alias, team_id from deleted_api_key where key_id = any($1)""";

    private static final String ORGANIZATIONS =
            "select organization_id as id, organization_alias as name from organization where organization_id = any($1)";
    private static final String TEAMS = "select team_id as id, team_alias as name from team where team_id = any($1)";
    private static final String USERS =
            "select user_id as id, user_email as name from app_user where user_id = any($1)";

    private static final String CUSTOMERS =
            "select end_user_id as id, alias as name from end_user where end_user_id = any($1)";

    /** Days of customers are summed up from the ledger, of those that are asked for: there may be more of them than of anything else. */
    private static final String DAYS_OF_CUSTOMERS = """
            (select e.day, e.end_user, coalesce(e.organization_id, '') as organization_id, coalesce(e.team_id, '') as team_id,
                    coalesce(e.user_id, '') as user_id, coalesce(e.key_id::text, '') as key_id, e.model, e.provider, '' as tag,
                    count(*) filter (where e.entry_kind = 'use') as requests,
                    count(*) filter (where e.entry_kind = 'use' and e.status = 'failure') as failed_requests,
                    sum(e.input_tokens)::bigint as input_tokens, sum(e.output_tokens)::bigint as output_tokens,
                    sum(e.cost_nano)::bigint as spend_nano
             from usage_event e
             where e.end_user is not null
             group by 1, 2, 3, 4, 5, 6, 7, 8) d""";

    private final Pool pool;
    private final Totals totals;

    DailyUsage(Pool pool, Totals totals) {
        this.pool = pool;
        this.totals = totals;
    }

    /** A condition with its values. */
    private static final class Filter {

        private final StringBuilder where;
        private final List<Object> values = new ArrayList<>();

        /** The row without a tag counts every request once. */
        Filter(Of of) {
            where = new StringBuilder(of == Of.TAG ? "d.tag <> ''" : "d.tag = ''");
        }

        /** Adds a condition; each {@code ?} stands for the next value. */
        void and(String condition, Object... more) {
            where.append(" and ");
            int next = 0;
            for (char c : condition.toCharArray()) {
                if (c == '?') {
                    values.add(more[next++]);
                    where.append('$').append(values.size());
                } else {
                    where.append(c);
                }
            }
        }
    }

    @Override
    public Uni<Page> page(Question question) {
        var filter = filter(question);
        return pool.preparedQuery(pageSql(question, filter))
                .execute(Tuple.from(filter.values))
                .map(rows -> uses(rows))
                .flatMap(uses -> total(question, filter, uses.size())
                        .flatMap(total -> keys(uses).flatMap(keys -> aliases(question.of(), uses)
                                .map(aliases -> new Page(uses, total, keys, aliases)))));
    }

    private static String column(Of of) {
        return switch (of) {
            case ORGANIZATION -> "d.organization_id";
            case TEAM -> "d.team_id";
            case USER -> "d.user_id";
            case CUSTOMER -> "d.end_user";
            case TAG -> "d.tag";
        };
    }

    private static String days(Of of) {
        return of == Of.CUSTOMER ? DAYS_OF_CUSTOMERS : "daily_usage d";
    }

    private static Filter filter(Question question) {
        var filter = new Filter(question.of());
        var entity = column(question.of());
        filter.and("d.day between ? and ?", question.first(), question.last());
        filter.and(entity + " <> ''");
        reach(filter, question.reach());
        if (!question.ids().isEmpty()) {
            filter.and(entity + " = any(?)", (Object) question.ids().toArray(String[]::new));
        }
        if (!question.excluded().isEmpty()) {
            filter.and(entity + " <> all(?)", (Object) question.excluded().toArray(String[]::new));
        }
        if (question.model() != null) {
            filter.and("d.model = ?", question.model());
        }
        if (question.key() != null) {
            filter.and(
                    "(d.key_id = ? or d.key_id in (select key_id::text from api_key where secret_hash = ?"
                            + " union all select key_id::text from deleted_api_key where secret_hash = ?))",
                    question.key(),
                    question.key(),
                    question.key());
        }
        return filter;
    }

    private static void reach(Filter filter, Reach reach) {
        if (reach.everything()) {
            return;
        }
        var own = reach.userId() == null ? "d.key_id = ?" : "d.user_id = ?";
        filter.and(
                "(d.organization_id = any(?) or d.team_id = any(?) or (d.team_id = any(?) and " + own + "))",
                reach.organizations().toArray(String[]::new),
                reach.teams().toArray(String[]::new),
                reach.ownTeams().toArray(String[]::new),
                reach.userId() == null ? reach.keyId() : reach.userId());
    }

    private static String pageSql(Question question, Filter filter) {
        return "select d.*, " + column(question.of()) + " as entity_id from " + days(question.of()) + " where "
                + filter.where
                + " order by d.day desc, d.organization_id desc, d.team_id desc, d.user_id desc, d.key_id desc, d.model desc, d.provider desc, entity_id desc"
                + " limit " + question.size() + " offset " + (long) (question.page() - 1) * question.size();
    }

    private Uni<Long> total(Question question, Filter filter, int found) {
        var sql = Totals.sql("from " + days(question.of()) + " where " + filter.where);
        return totals.of(question.page(), question.size(), found, sql, filter.values, () -> pool.preparedQuery(sql)
                .execute(Tuple.from(filter.values))
                .map(rows -> rows.iterator().next().getLong(0)));
    }

    private static List<Use> uses(RowSet<Row> rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .map(DailyUsage::use)
                .toList();
    }

    private static Use use(Row row) {
        return new Use(
                row.getLocalDate("day"),
                row.getString("entity_id"),
                row.getString("key_id"),
                row.getString("model"),
                row.getString("provider"),
                row.getLong("requests"),
                row.getLong("failed_requests"),
                row.getLong("input_tokens"),
                row.getLong("output_tokens"),
                new NanoUsd(row.getLong("spend_nano")));
    }

    private Uni<Map<String, KeyName>> keys(List<Use> uses) {
        var ids = uses.stream()
                .map(Use::keyId)
                .distinct()
                .filter(id -> KEY_ID.matcher(id).matches())
                .map(UUID::fromString)
                .toArray(UUID[]::new);
        return ids.length == 0
                ? Uni.createFrom().item(Map.of())
                : pool.preparedQuery(KEYS).execute(Tuple.of(ids)).map(DailyUsage::keyNames);
    }

    private static Map<String, KeyName> keyNames(RowSet<Row> rows) {
        var names = new HashMap<String, KeyName>();
        rows.forEach(row -> names.put(
                row.getString("id"),
                new KeyName(row.getString("secret_hash"), row.getString("key_alias"), row.getString("team_id"))));
        return names;
    }

    private Uni<Map<String, String>> aliases(Of of, Collection<Use> uses) {
        var ids = uses.stream().map(Use::entityId).distinct().toArray(String[]::new);
        if (ids.length == 0 || of == Of.TAG) {
            return Uni.createFrom().item(Map.of());
        }
        var sql =
                switch (of) {
                    case ORGANIZATION -> ORGANIZATIONS;
                    case TEAM -> TEAMS;
                    case USER -> USERS;
                    default -> CUSTOMERS;
                };
        return pool.preparedQuery(sql).execute(Tuple.of(ids)).map(DailyUsage::aliases);
    }

    private static Map<String, String> aliases(RowSet<Row> rows) {
        var aliases = new HashMap<String, String>();
        rows.forEach(row -> aliases.put(row.getString("id"), row.getString("name")));
        return aliases;
    }
}
