package io.tenantry.platform.stores;

import io.tenantry.platform.redis.RedisAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the two stores are, from the short names everyone knows: {@code DATABASE_URL}
 * ({@code postgresql://user:password@host:5432/db}) and {@code REDIS_URL} (see {@link RedisAddress}).
 */
public record StoreAddresses(URI database, RedisAddress redis) {

    public StoreAddresses {
        requireScheme(database, "DATABASE_URL", "postgresql", "postgres");
    }

    public static StoreAddresses parse(String databaseUrl, String redisUrl) {
        return new StoreAddresses(parsed(databaseUrl, "DATABASE_URL"), parsedRedis(redisUrl));
    }

    /** The framework's settings that follow from the addresses. */
    public Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        settings.put("quarkus.datasource.reactive.url", "postgresql://" + location());
        settings.put("quarkus.datasource.admission.reactive.url", "postgresql://" + location());
        settings.put("quarkus.datasource.admission.username", user());
        settings.put("quarkus.datasource.admission.password", password());
        settings.put("quarkus.datasource.jdbc.url", jdbcUrl());
        settings.put("quarkus.datasource.username", user());
        settings.put("quarkus.datasource.password", password());
        settings.put("tenantry.redis.url", redis.url());
        return settings;
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://" + location();
    }

    public String user() {
        return credentials()[0];
    }

    public String password() {
        return credentials()[1];
    }

    /** Without credentials: fit for messages. */
    public String databaseName() {
        return database.getHost() + ":" + databasePort() + database.getPath();
    }

    /** Without credentials: fit for messages. */
    public String redisName() {
        return redis.toString();
    }

    /** Of the first server that is named. */
    public int redisPort() {
        return redis.known().get(0).port();
    }

    private int databasePort() {
        return database.getPort() < 0 ? 5432 : database.getPort();
    }

    private String location() {
        var query = database.getRawQuery() == null ? "" : "?" + database.getRawQuery();
        return database.getHost() + ":" + databasePort() + database.getRawPath() + query;
    }

    private String[] credentials() {
        var info = database.getRawUserInfo() == null ? "postgres" : database.getRawUserInfo();
        int colon = info.indexOf(':');
        return colon < 0
                ? new String[] {decoded(info), ""}
                : new String[] {decoded(info.substring(0, colon)), decoded(info.substring(colon + 1))};
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static URI parsed(String text, String name) {
        try {
            return URI.create(text.strip());
        } catch (IllegalArgumentException malformed) {
            // The text may hold a password, so it is not repeated.
            throw new StartRefused(
                    name + " is not a valid URL. Percent-encode special characters in user and password.");
        }
    }

    private static RedisAddress parsedRedis(String text) {
        try {
            return RedisAddress.parse(text);
        } catch (IllegalArgumentException unusable) {
            throw new StartRefused("REDIS_URL " + unusable.getMessage());
        }
    }

    private static void requireScheme(URI uri, String name, String... schemes) {
        for (var scheme : schemes) {
            if (scheme.equals(uri.getScheme()) && uri.getHost() != null) {
                return;
            }
        }
        throw new StartRefused("%s must look like %s://host:port/…".formatted(name, schemes[0]));
    }
}
