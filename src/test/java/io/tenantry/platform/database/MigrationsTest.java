package io.tenantry.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tenantry.testing.Given;
import io.tenantry.testing.StoreAccess;
import io.tenantry.testing.StoresResource;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Migrations on a database of their own. */
@QuarkusTest
@QuarkusTestResource(StoresResource.class)
class MigrationsTest {

    private static final int KEYS = 5_000;

    private final String name = Given.unique("migrated").replace('-', '_');

    @BeforeEach
    void create() {
        StoreAccess.execute("create database " + name);
    }

    @AfterEach
    void drop() {
        StoreAccess.execute("drop database if exists " + name + " with (force)");
    }

    private String url() throws SQLException {
        try (var connection = StoreAccess.database()) {
            return connection.getMetaData().getURL().replaceFirst("/[^/?]*(\\?|$)", "/" + name + "$1");
        }
    }

    private void migrate(String target) throws SQLException {
        var flyway = Flyway.configure().dataSource(url(), "postgres", "").target(target);
        new Migrations().customize(flyway);
        flyway.load().migrate();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(url(), "postgres", "");
    }

    private String one(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    private void execute(String... statements) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Keys as they were before the column, by an administrator whose triggers are off. */
    private void fill() throws SQLException {
        execute(
                "set session_replication_role = replica",
                "insert into team (team_id, organization_id, created_by, updated_by) values ('t', 'o', 'x', 'x')",
                "insert into api_key (key_id, secret_hash, key_name, team_id, organization_id, created_by, updated_by, updated_at)"
                        + " select gen_random_uuid(), encode(sha256(convert_to('k' || n, 'UTF8')), 'hex'), 'sk',"
                        + " case when n % 2 = 0 then 't' end, case when n % 4 = 1 then 'p' end, 'x', 'x', '2026-01-01'"
                        + " from generate_series(1, " + KEYS + ") n");
    }

    @Test
    void a_migration_that_was_interrupted_is_run_again_to_its_end() throws SQLException {
        migrate("16");
        fill();
        // it had begun an index, failed, and left its failure in the history
        execute(
                "create index api_key_in_organization on api_key (key_id)",
                "insert into flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by,"
                        + " execution_time, success) values (1000, '20', 'indexes of lists', 'SQL', 'V20__indexes_of_lists.sql', 1,"
                        + " 'postgres', 1, false)");

        migrate("20");

        assertThat(one("select count(*) from flyway_schema_history where not success"))
                .isEqualTo("0");
        assertThat(one("select indexdef from pg_indexes where indexname = 'api_key_in_organization'"))
                .contains("effective_organization_id");
        assertThat(one("select count(*) from pg_index where not indisvalid")).isEqualTo("0");
    }

    /** As {@code book_usage} reads it. */
    private static String use(String keyId, String requestId, long nanoUsd) {
        return """
                {"day": "2026-03-01", "request_id": "%s", "key_id": "%s", "api_key": "", "team_id": "t", "model": "m", "provider": "",
                 "input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "cost_nano": %d, "status": "success", "partial": false, "tags": [],
                 "admitted_at": "2026-03-01T12:00:00Z", "scopes": [{"kind": "team", "id": "t"}]}""".formatted(requestId, keyId, nanoUsd);
    }

    private String book(String keyId, String requestId, long nanoUsd) throws SQLException {
        return one("select book_usage('[%s]') ->> 'first'".formatted(use(keyId, requestId, nanoUsd)));
    }

    private String adjust(String id, String keyId, String requestId) throws SQLException {
        var entry = new JsonObject(use(keyId, id, -5))
                .put("key_id", keyId)
                .put("refers_to", requestId)
                .put("reason", "test")
                .put("actor", "test");
        return one("select adjust_usage('%s') ->> 'outcome'".formatted(entry.encode()));
    }

    @Test
    void what_was_booked_by_request_ids_alone_is_found_booked_by_key_and_request() throws SQLException {
        var one = "11111111-1111-1111-1111-111111111111";
        var other = "22222222-2222-2222-2222-222222222222";
        migrate("27");
        assertThat(book(one, "r", 100)).isEqualTo("[]");
        assertThat(adjust("a", one, "r")).isEqualTo("booked");
        assertThat(adjust("of the team", null, null)).isEqualTo("booked");

        migrate("28");

        assertThat(book(one, "r", 300)).contains("\"cost_nano\": 100");
        assertThat(book(other, "r", 300)).isEqualTo("[]");
        assertThat(book(one, "a", 400)).isEqualTo("[]");
        assertThat(adjust("a", one, "r")).isEqualTo("repeated");
        assertThat(adjust("of the team", null, null)).isEqualTo("repeated");
        assertThat(adjust("r", one, "r")).isEqualTo("booked");
        assertThat(one("select sum(cost_nano) from usage_event")).isEqualTo("785");
        assertThat(one("select spend_nano from spend_total where scope_id = 't'"))
                .isEqualTo("785");
        assertThat(one("select adjustment_entry('of the team') ->> 'key_id'")).isNull();
        assertThat(one("select adjustment_entry('a') ->> 'key_id'")).isEqualTo(one);
    }

    private void bookOf(String customer, String model, long nanoUsd) throws SQLException {
        var event = new JsonObject(use("11111111-1111-1111-1111-111111111111", Given.unique("r"), nanoUsd))
                .put("end_user", customer)
                .put("model", model)
                .put(
                        "scopes",
                        new JsonArray()
                                .add(new JsonObject().put("kind", "end_user").put("id", customer)));
        one("select book_usage('%s')".formatted(new JsonArray().add(event).encode()));
    }

    private String seed(String id) throws SQLException {
        return one("select spend from seed_total('end_user_model', '%s', '1mo', '2026-03-01', '2026-04-01')"
                .formatted(id));
    }

    private String totalsOfMarch() throws SQLException {
        return one(
                "select string_agg(scope_id || ' ' || spend_nano || ' ' || requests || ' ' || epoch, ', ' order by scope_id collate \"C\") from spend_total"
                        + " where scope_kind = 'end_user_model' and period = '1mo'");
    }

    @Test
    void totals_of_single_models_are_those_of_their_customers_whatever_slashes_their_names_have() throws SQLException {
        migrate("29");
        bookOf("a", "m", 1);
        bookOf("a/b", "m", 2);
        bookOf("a", "b/m", 4);
        bookOf("c/d", "m", 8);
        bookOf("50%", "m", 16);
        bookOf("e", "x/y", 32);
        for (var id : List.of("a/m", "a/b/m", "c/d/m", "50%/m", "e/x/y")) {
            seed(id);
        }
        bookOf("a/b", "m", 64);
        assertThat(totalsOfMarch()).isEqualTo("50%/m 16 1 0, a/b/m 68 2 0, a/m 1 1 0, c/d/m 0 0 0, e/x/y 32 1 0");

        migrate("29.1");

        assertThat(totalsOfMarch())
                .isEqualTo("50%25/m 16 1 1, a%2Fb/m 66 2 1, a/b/m 4 1 1, a/m 1 1 0, c%2Fd/m 8 1 1, e/x/y 32 1 0");
        bookOf("a/b", "m", 128);
        bookOf("a", "b/m", 256);
        bookOf("f/g", "m", 512);
        assertThat(seed("f%2Fg/m")).isEqualTo("512");
        assertThat(seed("a%2Fb/m")).isEqualTo("194");
        assertThat(seed("a/b/m")).isEqualTo("260");
    }

    @Test
    void every_key_is_filled_in_and_none_counts_as_changed() throws SQLException {
        migrate("16");
        fill();
        var versions = one("select last_value from change_version");

        migrate("20");

        assertThat(one("select count(*) from api_key where effective_organization_id = 'o'"))
                .isEqualTo(String.valueOf(KEYS / 2));
        assertThat(one("select count(*) from api_key where effective_organization_id = 'p'"))
                .isEqualTo(String.valueOf(KEYS / 4));
        assertThat(one("select count(*) from api_key where effective_organization_id is null"))
                .isEqualTo(String.valueOf(KEYS / 4));
        assertThat(one("select count(*) from api_key where updated_at <> '2026-01-01'"))
                .isEqualTo("0");
        assertThat(one("select last_value from change_version")).isEqualTo(versions);
        assertThat(one("select count(*) from change_outbox")).isEqualTo("0");
    }
}
