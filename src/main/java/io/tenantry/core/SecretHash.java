package io.tenantry.core;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** How a key's secret is stored and looked up: SHA-256 of the whole text in lower-case hex. Secrets are random, so no salt is needed. */
public final class SecretHash {

    private static final HexFormat HEX = HexFormat.of();

    private SecretHash() {}

    public static String of(String secret) {
        return HEX.formatHex(sha256(secret));
    }

    /** The hash of a secret, or the value itself where the caller already gave a hash: management calls accept both. */
    public static String ofSecretOrHash(String value) {
        return value.startsWith("sk-") ? of(value) : value;
    }

    /** Compares without telling by its duration how much was right. */
    public static boolean matches(byte[] expectedSha256, String secret) {
        return MessageDigest.isEqual(expectedSha256, sha256(secret));
    }

    public static byte[] sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    public static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
