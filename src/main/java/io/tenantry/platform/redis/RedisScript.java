package io.tenantry.platform.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Lua script from the class path, with the digest under which Redis remembers it. */
public record RedisScript(String name, String source, String sha1) {

    /**
     * One script from parts that follow each other, so that what several scripts share has one home. Parts lie in {@code /redis/<part>.lua} and are
     * listed in {@code quarkus.native.resources.includes}. The script is named after the last part.
     */
    public static RedisScript load(String... parts) {
        return of(
                parts[parts.length - 1], Stream.of(parts).map(RedisScript::read).collect(Collectors.joining()));
    }

    public static RedisScript of(String name, String source) {
        return new RedisScript(name, source, sha1(source));
    }

    private static String read(String name) {
        try (var in = RedisScript.class.getResourceAsStream("/redis/" + name + ".lua")) {
            if (in == null) {
                throw new IllegalStateException("script " + name + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String sha1(String source) {
        try {
            var digest = MessageDigest.getInstance("SHA-1").digest(source.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
