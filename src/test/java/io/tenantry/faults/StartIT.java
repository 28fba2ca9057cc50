package io.tenantry.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.tenantry.platform.stores.EmbeddedStores;
import io.tenantry.testing.Api;
import io.tenantry.testing.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A start that cannot be right is refused in words, with a status other than 0. */
class StartIT {

    private static EmbeddedStores stores;

    @BeforeAll
    static void start() throws IOException {
        stores =
                EmbeddedStores.start(Files.createTempDirectory(Path.of("target").toAbsolutePath(), "start-"));
    }

    @AfterAll
    static void stop() {
        stores.close();
    }

    private static void refusedFor(Map<String, String> environment, String... words) {
        try (var service = ServiceProcess.launch(environment)) {
            assertThat(service.awaitExit()).isNotZero();
            assertThat(service.log()).contains("Tenantry does not start").contains(words);
        }
    }

    private static String database() {
        return stores.addresses().database().toString();
    }

    private static Connection connection() throws SQLException {
        return DriverManager.getConnection(stores.addresses().jdbcUrl(), "postgres", "");
    }

    private static String redis() {
        return stores.addresses().redis().url();
    }

    @Test
    void an_unreachable_postgresql_is_named() {
        refusedFor(
                Map.of(
                        "DATABASE_URL",
                        "postgresql://u:secret-word@127.0.0.1:9/db",
                        "REDIS_URL",
                        redis(),
                        "TENANTRY_MASTER_KEY",
                        Api.MASTER_KEY),
                "PostgreSQL at 127.0.0.1:9/db",
                "Check DATABASE_URL");
    }

    @Test
    void an_unreachable_redis_is_named() {
        refusedFor(
                Map.of(
                        "DATABASE_URL",
                        database(),
                        "REDIS_URL",
                        "redis://127.0.0.1:9",
                        "TENANTRY_MASTER_KEY",
                        Api.MASTER_KEY),
                "Redis at 127.0.0.1:9",
                "Check REDIS_URL");
    }

    @Test
    void what_the_embedded_database_acknowledges_is_on_disk() throws Exception {
        try (var connection = connection();
                var settings = connection
                        .createStatement()
                        .executeQuery(
                                "select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'on'")) {
            var on = new ArrayList<String>();
            while (settings.next()) {
                on.add(settings.getString(1));
            }
            assertThat(on).containsExactlyInAnyOrder("fsync", "full_page_writes", "synchronous_commit");
        }
    }

    @Test
    void a_database_that_loses_what_it_acknowledged_is_warned_of() throws Exception {
        try (var connection = connection();
                var statement = connection.createStatement()) {
            statement.execute("create role careless login superuser");
            statement.execute("alter role careless set synchronous_commit = off");
        }

        refusedFor(
                Map.of(
                        "DATABASE_URL",
                        database().replaceFirst("//[^@]*@", "//careless:none@"),
                        "REDIS_URL",
                        "redis://127.0.0.1:9",
                        "TENANTRY_MASTER_KEY",
                        Api.MASTER_KEY),
                "runs with synchronous_commit = off",
                "Check REDIS_URL");
    }

    @Test
    void half_a_configuration_is_refused() {
        refusedFor(Map.of("DATABASE_URL", database()), "DATABASE_URL is set and REDIS_URL is not");
    }

    @Test
    void no_master_key_or_a_well_known_one_is_refused() {
        refusedFor(Map.of("DATABASE_URL", database(), "REDIS_URL", redis()), "TENANTRY_MASTER_KEY is not set");
        refusedFor(
                Map.of("DATABASE_URL", database(), "REDIS_URL", redis(), "TENANTRY_MASTER_KEY", "sk-1234"),
                "TENANTRY_MASTER_KEY is well known");
    }

    @Test
    void a_schema_that_cannot_be_migrated_is_refused() throws Exception {
        try (var connection = connection()) {
            connection.createStatement().execute("create database foreign_tables");
        }
        var other = database().replaceAll("/[^/]*$", "/foreign_tables");
        var jdbc = stores.addresses().jdbcUrl().replaceAll("/[^/]*$", "/foreign_tables");
        try (var connection = DriverManager.getConnection(jdbc, "postgres", "")) {
            connection.createStatement().execute("create table budget (something text)");
        }

        refusedFor(
                Map.of("DATABASE_URL", other, "REDIS_URL", redis(), "TENANTRY_MASTER_KEY", Api.MASTER_KEY),
                "PostgreSQL cannot be migrated");
    }
}
