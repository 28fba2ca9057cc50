package io.tenantry.testing;

import io.tenantry.platform.stores.StoreAddresses;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** The test run's stores, from outside: plain JDBC for PostgreSQL, a plain connection for Redis. */
public final class StoreAccess {

    private static final String DATABASE = "test.stores.jdbc";
    private static final String REDIS = "test.stores.redis";

    private StoreAccess() {}

    // System properties, because the resource and the tests may live in different class loaders.
    static void remember(StoreAddresses addresses) {
        System.setProperty(DATABASE, addresses.jdbcUrl());
        System.setProperty(REDIS, String.valueOf(addresses.redisPort()));
    }

    public static String databaseUrl() {
        return System.getProperty(DATABASE).replace("jdbc:postgresql://", "postgresql://postgres@");
    }

    public static String redisUrl() {
        return "redis://127.0.0.1:" + redisPort();
    }

    public static int redisPort() {
        return Integer.parseInt(System.getProperty(REDIS));
    }

    public static Connection database() throws SQLException {
        var login = new Properties();
        login.setProperty("user", "postgres");
        return DriverManager.getConnection(System.getProperty(DATABASE), login);
    }

    /** The first column of the first row, as text; null when there is no row. */
    public static String queryOne(String sql, Object... args) {
        try (var connection = database();
                var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < args.length; i++) {
                statement.setObject(i + 1, args[i]);
            }
            try (var rows = statement.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    public static int execute(String sql, Object... args) {
        try (var connection = database();
                var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < args.length; i++) {
                statement.setObject(i + 1, args[i]);
            }
            return statement.executeUpdate();
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    public static RedisProbe redis() {
        return RedisProbe.on(redisPort());
    }
}
