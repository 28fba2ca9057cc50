package io.tenantry.testing;

import io.tenantry.platform.stores.EmbeddedStores;
import io.tenantry.platform.stores.StoreAddresses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** One PostgreSQL and one Redis for all tests that start the packaged service themselves; they end with the test run. */
public final class SharedStores {

    private static EmbeddedStores stores;

    private SharedStores() {}

    public static synchronized StoreAddresses addresses() {
        if (stores == null) {
            try {
                stores = EmbeddedStores.start(Files.createTempDirectory(
                        Files.createDirectories(Path.of("target").toAbsolutePath()), "shared-"));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return stores.addresses();
    }

    public static StoreAddresses withRedis(String url) {
        return StoreAddresses.parse(addresses().database().toString(), url);
    }

    /** Behind something that listens on another port. */
    public static StoreAddresses at(int databasePort, String redisUrl) {
        return StoreAddresses.parse(
                addresses().database().toString().replaceFirst(":\\d+/", ":" + databasePort + "/"), redisUrl);
    }

    /** The first column of the first row, as text. */
    public static String query(String sql, Object... args) {
        var column = column(sql, args);
        return column.isEmpty() ? null : column.get(0);
    }

    public static Connection connection() throws SQLException {
        var login = new Properties();
        login.setProperty("user", "postgres");
        return DriverManager.getConnection(addresses().jdbcUrl(), login);
    }

    /** The first column of all rows, as text. */
    public static List<String> column(String sql, Object... args) {
        try (var connection = connection();
                var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < args.length; i++) {
                statement.setObject(i + 1, args[i]);
            }
            var column = new ArrayList<String>();
            try (var rows = statement.executeQuery()) {
                while (rows.next()) {
                    column.add(rows.getString(1));
                }
            }
            return column;
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
