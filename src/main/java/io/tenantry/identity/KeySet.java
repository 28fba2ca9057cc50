package io.tenantry.identity;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;

/** Public keys of a provider. Symmetric keys are left out: who can verify with one could sign with it. */
record KeySet(List<Entry> entries) {

    /** @param id null where the provider gave none */
    record Entry(String id, Key key) {}

    /** Reads a JWKS, or a bare list of keys; a key that cannot be read is left out. */
    static KeySet ofJwks(String json) throws JoseException {
        var set = json.stripLeading().startsWith("[") ? "{\"keys\":" + json + "}" : json;
        return new KeySet(new JsonWebKeySet(set)
                .getJsonWebKeys().stream()
                        .filter(PublicJsonWebKey.class::isInstance)
                        .filter(key -> !"enc".equals(key.getUse()))
                        .map(KeySet::entry)
                        .toList());
    }

    private static Entry entry(JsonWebKey key) {
        return new Entry(key.getKeyId(), ((PublicJsonWebKey) key).getPublicKey());
    }

    /** Reads a public key or a certificate in PEM. Fails with an IllegalArgumentException for anything else. */
    static KeySet ofPem(String pem) {
        try {
            if (pem.contains("BEGIN CERTIFICATE")) {
                var certificate = CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
                return new KeySet(List.of(new Entry(null, certificate.getPublicKey())));
            }
            var der = Base64.getMimeDecoder()
                    .decode(pem.replaceAll("-----[A-Z ]+-----", "").replace("\\n", ""));
            return new KeySet(List.of(new Entry(null, publicKey(new X509EncodedKeySpec(der)))));
        } catch (GeneralSecurityException unreadable) {
            throw new IllegalArgumentException(unreadable);
        }
    }

    private static PublicKey publicKey(X509EncodedKeySpec der) throws GeneralSecurityException {
        for (var algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(der);
            } catch (GeneralSecurityException another) {
                // the next one may know it
            }
        }
        throw new GeneralSecurityException("neither an RSA nor an EC nor an Ed25519 public key");
    }

    boolean knows(String keyId) {
        return keyId == null || entries.stream().anyMatch(entry -> entry.id() == null || keyId.equals(entry.id()));
    }

    /** Those that may have signed a token with this key id. */
    List<Key> candidates(String keyId) {
        return entries.stream()
                .filter(entry -> keyId == null || entry.id() == null || Objects.equals(keyId, entry.id()))
                .map(Entry::key)
                .toList();
    }
}
