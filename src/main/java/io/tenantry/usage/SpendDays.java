package io.tenantry.usage;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.NanoUsd;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.identity.Scope;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;

/** What was spent day by day, by key, user and model: from the days that the ledger keeps, so that it costs the same however many bookings there are. */
@ApplicationScoped
class SpendDays {

    /** An answer is one document. */
    private static final int MOST = 20_000;

    private static final Pattern KEY_ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private static final String SUMS = """
            select d.day, d.key_id, d.user_id, d.model, sum(d.spend_nano)::bigint as nano
            from daily_usage d where d.tag = '' and %s
            group by grouping sets ((d.day), (d.day, d.key_id), (d.day, d.user_id), (d.day, d.model))
            order by d.day limit %d""";

    private static final String HASHES = """
            select key_id::text as id, secret_hash from api_key where key_id = any($1)
            union all
            select key_id::text, secret_hash from deleted_api_key where key_id = any($1)""";

    private final Pool pool;

    SpendDays(Pool pool) {
        this.pool = pool;
    }

    /** One day's sums. */
    private static final class Day {

        private NanoUsd spend = NanoUsd.ZERO;
        private final Map<String, NanoUsd> keys = new TreeMap<>();
        private final Map<String, NanoUsd> users = new TreeMap<>();
        private final Map<String, NanoUsd> models = new TreeMap<>();

        /** A row has the one name that it is the sum of, or none. */
        void add(Row row) {
            var nano = new NanoUsd(row.getLong("nano"));
            if (row.getString("key_id") != null) {
                putNamed(keys, row.getString("key_id"), nano);
            } else if (row.getString("user_id") != null) {
                users.put(row.getString("user_id"), nano);
            } else if (row.getString("model") != null) {
                models.put(row.getString("model"), nano);
            } else {
                spend = nano;
            }
        }
    }

    /** An adjustment of a team has no key. */
    private static void putNamed(Map<String, NanoUsd> sums, String name, NanoUsd nano) {
        if (!name.isEmpty()) {
            sums.put(name, nano);
        }
    }

    /** Each day from the first with a booking to the last that was asked for. Fails with INVALID_VALUE for more than one answer holds. */
    Uni<List<Map<String, Object>>> of(Scope scope, SpendLogsQuery query) {
        var filter = SpendFilter.ofDays(scope.boundary(), query);
        return pool.preparedQuery(SUMS.formatted(filter.where(), MOST + 1))
                .execute(filter.values())
                .map(SpendDays::days)
                .flatMap(days -> hashes(days)
                        .map(hashes -> views(days, hashes, query.days().last())));
    }

    private static TreeMap<LocalDate, Day> days(RowSet<Row> rows) {
        if (rows.size() > MOST) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("end_date")
                    .detail("That is more than %d sums: ask for fewer days, a user_id or an api_key", MOST);
        }
        var days = new TreeMap<LocalDate, Day>();
        rows.forEach(row ->
                days.computeIfAbsent(row.getLocalDate("day"), day -> new Day()).add(row));
        return days;
    }

    private Uni<Map<String, String>> hashes(TreeMap<LocalDate, Day> days) {
        var ids = days.values().stream()
                .flatMap(day -> day.keys.keySet().stream())
                .distinct()
                .filter(id -> KEY_ID.matcher(id).matches())
                .map(UUID::fromString)
                .toArray(UUID[]::new);
        return ids.length == 0
                ? Uni.createFrom().item(Map.of())
                : pool.preparedQuery(HASHES).execute(Tuple.of(ids)).map(SpendDays::hashes);
    }

    private static Map<String, String> hashes(RowSet<Row> rows) {
        var hashes = new HashMap<String, String>();
        rows.forEach(row -> hashes.put(row.getString("id"), row.getString("secret_hash")));
        return hashes;
    }

    /** Clients draw a line: days after the last booking are there with zero. */
    private static List<Map<String, Object>> views(
            TreeMap<LocalDate, Day> days, Map<String, String> hashes, LocalDate last) {
        var views = new ArrayList<Map<String, Object>>();
        days.forEach((day, sums) -> views.add(view(day, sums, hashes)));
        if (!days.isEmpty()) {
            days.lastKey()
                    .plusDays(1)
                    .datesUntil(last.plusDays(1))
                    .forEach(day -> views.add(view(day, new Day(), hashes)));
        }
        return views;
    }

    private static Map<String, Object> view(LocalDate day, Day sums, Map<String, String> hashes) {
        var view = new LinkedHashMap<String, Object>();
        view.put("startTime", day.toString());
        view.put("spend", sums.spend.toUsd());
        sums.keys.forEach((id, spend) -> view.put(hashes.getOrDefault(id, id), spend.toUsd()));
        view.put("users", usd(sums.users));
        view.put("models", usd(sums.models));
        return view;
    }

    private static Map<String, Object> usd(Map<String, NanoUsd> sums) {
        var usd = new LinkedHashMap<String, Object>();
        sums.forEach((name, spend) -> usd.put(name, spend.toUsd()));
        return usd;
    }
}
