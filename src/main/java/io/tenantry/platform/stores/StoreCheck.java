package io.tenantry.platform.stores;

import io.tenantry.platform.redis.RedisAddress;
import io.tenantry.platform.redis.RedisAddress.Shape;
import io.tenantry.platform.redis.RedisEndpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jboss.logging.Logger;

/** Asks both stores for a sign of life before the service starts, so that a wrong address is one sentence and not a stack trace. */
final class StoreCheck {

    private static final Logger LOG = Logger.getLogger("io.tenantry");

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
            warnOfLosses(connection, stores);
        } catch (SQLException failure) {
            throw new StartRefused(
                    "PostgreSQL at %s cannot be used: %s. Check DATABASE_URL, and that the server runs and lets this host in."
                            .formatted(stores.databaseName(), withoutEnd(failure.getMessage())));
        }
    }

    /** Whoever runs the database may want it so, for a trial: then they should know it. */
    private static void warnOfLosses(Connection connection, StoreAddresses stores) throws SQLException {
        try (var statement = connection.createStatement();
                var settings = statement.executeQuery("""
                        select string_agg(name || ' = off', ', ' order by name) from pg_settings
                        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'""")) {
            settings.next();
            if (settings.getString(1) != null) {
                LOG.warnf(
                        "PostgreSQL at %s runs with %s: settlements that were acknowledged are lost when it crashes. Switch it on.",
                        stores.databaseName(), settings.getString(1));
            }
        }
    }

    /** One of the named servers is enough: the others may be about to be replaced. */
    private static void requireRedis(StoreAddresses stores) {
        String reason = null;
        for (var server : stores.redis().known()) {
            reason = whyUnusable(server, stores.redis());
            if (reason == null) {
                return;
            }
        }
        throw new StartRefused(
                "Redis at %s cannot be used: %s. Check REDIS_URL, and that the server runs and lets this host in."
                        .formatted(stores.redisName(), withoutEnd(reason)));
    }

    /** It stands within a sentence. */
    private static String withoutEnd(String reason) {
        return String.valueOf(reason).replaceFirst("\\.$", "");
    }

    /** Null when it is usable, as far as can be seen from here: over TLS, and of a sentinel's password, only whether somebody listens. */
    private static String whyUnusable(RedisEndpoint server, RedisAddress redis) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(server.host(), server.port()), TIMEOUT_SECONDS * 1_000);
            socket.setSoTimeout(TIMEOUT_SECONDS * 1_000);
            return redis.tls() || redis.shape() == Shape.SENTINEL ? null : whyNoPong(socket, redis);
        } catch (IOException failure) {
            return failure.getMessage();
        }
    }

    private static String whyNoPong(Socket socket, RedisAddress redis) throws IOException {
        var replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        if (redis.password() != null) {
            var reply = redis.user() == null
                    ? ask(socket, replies, "AUTH", redis.password())
                    : ask(socket, replies, "AUTH", redis.user(), redis.password());
            if (reply == null || !reply.startsWith("+")) {
                return "it does not accept the password";
            }
        }
        var reply = ask(socket, replies, "PING");
        if ("+PONG".equals(reply)) {
            return null;
        }
        return reply == null ? "it closed the connection" : "it answered " + reply;
    }

    private static String ask(Socket socket, BufferedReader replies, String... words) throws IOException {
        var command = new StringBuilder("*").append(words.length).append("\r\n");
        for (var word : words) {
            command.append('$')
                    .append(word.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        socket.getOutputStream().write(command.toString().getBytes(StandardCharsets.UTF_8));
        return replies.readLine();
    }
}
