package io.tenantry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Plans of bookings are kept, so they must be good for tables of any size, also when they were made while these were small. Nothing here is committed. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class BookingPlansTest {

    private static final int PAST_DAYS = 400;
    private static final int OTHER_TEAMS = 2_000;

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String one(Connection connection, String sql, String... values) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setString(i + 1, values[i]);
            }
            try (var row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** Of this transaction. */
    private static long read(Connection connection, String column) throws SQLException {
        return Long.parseLong(one(
                connection,
                "select coalesce(sum(%s), 0) from pg_stat_xact_user_tables where relname ~ '^(spend_total|usage_event|daily_usage)'"
                        .formatted(column)));
    }

    private static String use(String team, String requestId) {
        return """
                {"day": "%s", "request_id": "%s", "key_id": "%s", "api_key": "hash", "team_id": "%s", "model": "gpt-4o", "provider": "", "input_tokens": 1,
                 "output_tokens": 1, "total_tokens": 2, "cost_nano": 1, "status": "success", "partial": false, "tags": [], "admitted_at": "%s",
                 "scopes": [{"kind": "team", "id": "%s"}]}""".formatted(LocalDate.now(ZoneOffset.UTC), requestId, new UUID(0, 1), team, Instant.now(), team);
    }

    private static String book(Connection connection, List<String> uses) throws SQLException {
        return one(
                connection,
                "select book_usage(cast(? as jsonb)) ->> 'fresh'",
                uses.stream().collect(Collectors.joining(",", "[", "]")));
    }

    private static void keepWindowsOfTheYearBefore(Connection connection, String team) throws SQLException {
        one(connection, """
                with kept as (
                    insert into spend_total (scope_kind, scope_id, period, period_start, period_end)
                    select 'team', ?, '1d', day, day + interval '1 day'
                    from generate_series(date_trunc('day', now()) - interval '%d days', date_trunc('day', now()), interval '1 day') as day
                    returning 1)
                select count(*) from kept""".formatted(PAST_DAYS), team);
    }

    /** Of a team each, before that of any other. */
    private static void keepTotalsOfOthers(Connection connection) throws SQLException {
        one(connection, """
                with kept as (
                    insert into spend_total (scope_kind, scope_id, period, period_start, period_end)
                    select 'team', '0-plans-' || n, 'lifetime', 'epoch', '9999-12-31 00:00:00+00' from generate_series(1, %d) as n
                    returning 1)
                select count(*) from kept""".formatted(OTHER_TEAMS));
    }

    @Test
    void a_booking_reads_no_table_as_a_whole_and_no_window_that_is_over() throws SQLException {
        var team = "plans-" + UUID.randomUUID();
        try (var connection = StoreAccess.database()) {
            connection.setAutoCommit(false);
            book(
                    connection,
                    List.of(use("plans-first-" + team, UUID.randomUUID().toString())));
            keepWindowsOfTheYearBefore(connection, team);
            keepTotalsOfOthers(connection);
            long scannedBefore = read(connection, "seq_tup_read");
            long fetchedBefore = read(connection, "idx_tup_fetch");

            book(connection, List.of(use(team, UUID.randomUUID().toString())));

            assertThat(read(connection, "seq_tup_read") - scannedBefore).isZero();
            assertThat(read(connection, "idx_tup_fetch") - fetchedBefore).isLessThan(PAST_DAYS / 10);
            assertThat(one(
                            connection,
                            "select string_agg(period || ' ' || requests, ', ' order by period) from spend_total where scope_id = ? and requests > 0",
                            team))
                    .isEqualTo("1d 1, lifetime 1");
            connection.rollback();
        }
    }

    /** That would be a thousand times a thousand rows. */
    @Test
    void of_a_thousand_uses_that_are_there_already_or_twice_each_is_found_once() throws SQLException {
        var team = "plans-" + UUID.randomUUID();
        var uses =
                IntStream.range(0, 500).mapToObj(n -> use(team, team + "-" + n)).toList();
        try (var connection = StoreAccess.database()) {
            connection.setAutoCommit(false);
            execute(connection, "set local statement_timeout = '20s'");
            book(connection, uses.subList(0, 100));

            var twice = IntStream.range(0, 1000).mapToObj(n -> uses.get(n / 2)).toList();
            var fresh = book(connection, twice);

            assertThat(fresh)
                    .isEqualTo(IntStream.range(100, 500)
                            .mapToObj(n -> String.valueOf(2 * n))
                            .collect(Collectors.joining(", ", "[", "]")));
            connection.rollback();
        }
    }
}
