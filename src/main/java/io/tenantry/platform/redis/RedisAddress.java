package io.tenantry.platform.redis;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Where Redis is and of which shape, from one URL.
 *
 * <pre>
 * redis://[[user]:password@]host[:6379][/db]
 * redis-sentinel://[[user]:password@]sentinel[:26379],sentinel,…[/db]#name-of-the-master
 * redis-cluster://[[user]:password@]node[:6379],node,…
 * </pre>
 *
 * {@code rediss}, {@code rediss-sentinel} and {@code rediss-cluster} are the same with TLS. User and password are those of the servers that keep
 * the data.
 *
 * @param known    the server, the sentinels, or some nodes of the cluster
 * @param user     null for the default user
 * @param password null for none
 * @param master   the name that the sentinels know the master by; null otherwise
 * @param url      as it was given
 */
public record RedisAddress(
        Shape shape,
        boolean tls,
        List<RedisEndpoint> known,
        String user,
        String password,
        int database,
        String master,
        String url) {

    private static final Pattern URL = Pattern.compile(
            "(?<scheme>[a-z-]+)://((?<login>[^@/#\\s]*)@)?(?<hosts>[^@/#\\s]+)(/(?<database>[^#\\s]*))?(#(?<master>\\S*))?");
    private static final Pattern SERVER =
            Pattern.compile("(?<host>[\\w.-]+|\\[[0-9a-fA-F:.]+])(:(?<port>[0-9]{1,5}))?");
    private static final int PORT = 6379;
    private static final int SENTINEL_PORT = 26379;
    private static final Map<String, Shape> SHAPES = Map.of(
            "redis", Shape.STANDALONE,
            "rediss", Shape.STANDALONE,
            "redis-sentinel", Shape.SENTINEL,
            "rediss-sentinel", Shape.SENTINEL,
            "redis-cluster", Shape.CLUSTER,
            "rediss-cluster", Shape.CLUSTER);

    /** How the servers stand to each other. */
    public enum Shape {
        /** One server. */
        STANDALONE,
        /** A master with replicas, watched by sentinels. */
        SENTINEL,
        /** Masters that share the slots, each with replicas. */
        CLUSTER
    }

    /** Fails with {@link IllegalArgumentException} and a reason that can be shown: it repeats nothing of the text, which may hold a password. */
    public static RedisAddress parse(String text) {
        var parts = URL.matcher(text.strip());
        var shape = parts.matches() ? SHAPES.get(parts.group("scheme")) : null;
        if (shape == null) {
            throw new IllegalArgumentException(
                    "must look like redis://host:port, redis-sentinel://host:port,host:port#master or redis-cluster://host:port,host:port;"
                            + " percent-encode special characters in user and password");
        }
        var master = parts.group("master");
        if (shape == Shape.SENTINEL && (master == null || master.isBlank())) {
            throw new IllegalArgumentException("names sentinels and no master: add #name-of-the-master at its end");
        }
        var login = parts.group("login") == null ? "" : parts.group("login");
        int colon = login.indexOf(':');
        return new RedisAddress(
                shape,
                parts.group("scheme").startsWith("rediss"),
                servers(parts.group("hosts"), shape),
                colon > 0 ? decoded(login.substring(0, colon)) : null,
                login.isEmpty() ? null : decoded(login.substring(colon + 1)),
                database(parts.group("database"), shape),
                shape == Shape.SENTINEL ? master : null,
                text.strip());
    }

    private static List<RedisEndpoint> servers(String hosts, Shape shape) {
        int defaultPort = shape == Shape.SENTINEL ? SENTINEL_PORT : PORT;
        var servers = new ArrayList<RedisEndpoint>();
        for (var host : hosts.split(",")) {
            var server = SERVER.matcher(host);
            if (!server.matches()) {
                throw new IllegalArgumentException("names a host that cannot be read");
            }
            servers.add(new RedisEndpoint(
                    server.group("host").replaceAll("[\\[\\]]", ""),
                    server.group("port") == null ? defaultPort : Integer.parseInt(server.group("port"))));
        }
        if (shape == Shape.STANDALONE && servers.size() > 1) {
            throw new IllegalArgumentException(
                    "names several hosts: write redis-cluster:// for a cluster, redis-sentinel:// for sentinels");
        }
        return List.copyOf(servers);
    }

    private static int database(String text, Shape shape) {
        var path = text == null ? "" : text;
        if (!path.matches("[0-9]{0,4}")) {
            throw new IllegalArgumentException("has a database that is no number");
        }
        int database = path.isEmpty() ? 0 : Integer.parseInt(path);
        if (shape == Shape.CLUSTER && database != 0) {
            throw new IllegalArgumentException("names a database; a cluster has only database 0");
        }
        return database;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("has a percent sign in user or password that is not encoded");
        }
    }

    /** Without credentials: fit for messages. */
    @Override
    public String toString() {
        return String.join(",", known.stream().map(RedisEndpoint::toString).toList());
    }
}
