package io.tenantry.platform.stores;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Asks both stores for a sign of life before the service starts, so that a wrong address is one sentence and not a stack trace. */
final class StoreCheck {

    private static final int TIMEOUT_SECONDS = 5;

    private StoreCheck() {}

    static void requireReachable(StoreAddresses stores) {
        requireDatabase(stores);
        requireRedis(stores);
    }

    private static void requireDatabase(StoreAddresses stores) {
        var login = new Properties();
        login.setProperty("user", stores.user());
        login.setProperty("password", stores.password());
        login.setProperty("connectTimeout", String.valueOf(TIMEOUT_SECONDS));
        login.setProperty("loginTimeout", String.valueOf(TIMEOUT_SECONDS));
        try (var connection = DriverManager.getConnection(stores.jdbcUrl(), login)) {
            int version = connection.getMetaData().getDatabaseMajorVersion();
            if (version < 14) {
                throw new StartRefused("PostgreSQL at %s is version %d; Tenantry needs 14 or later."
                        .formatted(stores.databaseName(), version));
            }
        } catch (SQLException failure) {
            throw new StartRefused(
                    "PostgreSQL at %s cannot be used: %s. Check DATABASE_URL, and that the server runs and lets this host in."
                            .formatted(stores.databaseName(), failure.getMessage()));
        }
    }

    private static void requireRedis(StoreAddresses stores) {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(stores.redis().getHost(), stores.redisPort()), TIMEOUT_SECONDS * 1_000);
            socket.setSoTimeout(TIMEOUT_SECONDS * 1_000);
            if ("redis".equals(stores.redis().getScheme())) {
                requirePong(socket, stores);
            }
        } catch (IOException failure) {
            throw refused(stores, failure.getMessage());
        }
    }

    private static void requirePong(Socket socket, StoreAddresses stores) throws IOException {
        var replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        var info = stores.redis().getRawUserInfo();
        if (info != null) {
            int colon = info.indexOf(':');
            var user = info.substring(0, Math.max(0, colon));
            var password = info.substring(colon + 1);
            var reply = user.isEmpty()
                    ? ask(socket, replies, "AUTH", password)
                    : ask(socket, replies, "AUTH", user, password);
            if (reply == null || !reply.startsWith("+")) {
                throw refused(stores, "it does not accept the password");
            }
        }
        var reply = ask(socket, replies, "PING");
        if (!"+PONG".equals(reply)) {
            throw refused(stores, reply == null ? "it closed the connection" : "it answered " + reply);
        }
    }

    private static String ask(Socket socket, BufferedReader replies, String... words) throws IOException {
        var command = new StringBuilder("*").append(words.length).append("\r\n");
        for (var word : words) {
            var decoded = URLDecoder.decode(word.replace("+", "%2B"), StandardCharsets.UTF_8);
            command.append('$')
                    .append(decoded.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n")
                    .append(decoded)
                    .append("\r\n");
        }
        socket.getOutputStream().write(command.toString().getBytes(StandardCharsets.UTF_8));
        return replies.readLine();
    }

    private static StartRefused refused(StoreAddresses stores, String reason) {
        return new StartRefused(
                "Redis at %s cannot be used: %s. Check REDIS_URL, and that the server runs and lets this host in."
                        .formatted(stores.redisName(), reason));
    }
}
