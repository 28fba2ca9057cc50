package io.tenantry.idempotency;

import io.tenantry.core.Caller;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What one {@code Idempotency-Key} of one caller stands for. Everything that is stored is derived from the key, which only the caller has, and
 * from a secret of this service, so that the table gives away neither the key, nor what was asked, nor the answer.
 */
final class CallIdentity {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final byte[] secret;

    /** Names the record. */
    final String recordId;

    private CallIdentity(byte[] secret) {
        this.secret = secret;
        this.recordId = HexFormat.of().formatHex(hmac(secret, "record"));
    }

    /** @param pepper a secret of this service that is the same on every instance */
    static CallIdentity of(byte[] pepper, Caller caller, String idempotencyKey) {
        return new CallIdentity(hmac(pepper, nameOf(caller) + '\0' + idempotencyKey));
    }

    private static String nameOf(Caller caller) {
        if (caller.keyId() != null) {
            return "key\0" + caller.keyId();
        }
        return caller.equals(Caller.MASTER)
                ? "master"
                : "token\0" + caller.role().wire + '\0' + caller.userId() + '\0' + caller.teamId();
    }

    /** The number that concurrent calls lock. */
    long lock() {
        return ByteBuffer.wrap(HexFormat.of().parseHex(recordId)).getLong();
    }

    /** What was asked. Keyed, because a body may hold a secret that could be guessed and compared. */
    String fingerprint(String method, String pathAndQuery, byte[] body) {
        var mac = mac(hmac(secret, "request"));
        mac.update((method + '\n' + pathAndQuery + '\n').getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(mac.doFinal(body));
    }

    /** The text, readable only for who has the Idempotency-Key. */
    byte[] seal(String text, String fingerprint) {
        var nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        try {
            var sealed = cipher(Cipher.ENCRYPT_MODE, nonce, fingerprint).doFinal(text.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.allocate(NONCE_BYTES + sealed.length)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    String unseal(byte[] sealed, String fingerprint) {
        var nonce = ByteBuffer.wrap(sealed).slice(0, NONCE_BYTES);
        var bytes = new byte[NONCE_BYTES];
        nonce.get(bytes);
        try {
            var text = cipher(Cipher.DECRYPT_MODE, bytes, fingerprint)
                    .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
            return new String(text, StandardCharsets.UTF_8);
        } catch (GeneralSecurityException tampered) {
            throw new IllegalStateException("a remembered answer cannot be read", tampered);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String fingerprint) throws GeneralSecurityException {
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(hmac(secret, "answer"), "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(fingerprint.getBytes(StandardCharsets.US_ASCII));
        return cipher;
    }

    private static byte[] hmac(byte[] key, String text) {
        return mac(key).doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Mac mac(byte[] key) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
