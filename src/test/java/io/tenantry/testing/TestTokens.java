package io.tenantry.testing;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/** The identity provider of the test run, and tokens that it issues. */
public final class TestTokens {

    public static final String ISSUER = "https://idp.example.org";
    public static final String AUDIENCE = "tenantry";

    private static final String PUBLIC = "test.tokens.public";
    private static final String PRIVATE = "test.tokens.private";

    private TestTokens() {}

    /** A fresh key pair, and the service's settings that go with it. */
    static Map<String, String> settings() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            var pair = generator.generateKeyPair();
            // System properties, because the resource and the tests may live in different class loaders.
            System.setProperty(PUBLIC, base64(pair.getPublic()));
            System.setProperty(PRIVATE, base64(pair.getPrivate()));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
        var settings = new HashMap<String, String>();
        settings.put("tenantry.jwt.public-key", publicPem());
        settings.put("tenantry.jwt.issuer", ISSUER);
        settings.put("tenantry.jwt.audience", AUDIENCE);
        settings.put("tenantry.jwt.team-claim", "team");
        settings.put("tenantry.jwt.teams-claim", "groups");
        settings.put("tenantry.jwt.organization-claim", "org");
        settings.put("tenantry.jwt.roles-claim", "realm_access.roles");
        settings.put(
                "tenantry.jwt.roles",
                "ops=proxy_admin_viewer,edge=gateway,staff=internal_user,guest=internal_user_viewer");
        settings.put("tenantry.jwt.user-upsert", "true");
        settings.put("tenantry.jwt.user-email-domains", "example.org");
        settings.put("tenantry.jwt.membership-upsert", "true");
        return settings;
    }

    private static String base64(Key key) {
        return Base64.getEncoder().encodeToString(key.getEncoded());
    }

    public static String publicPem() {
        return "-----BEGIN PUBLIC KEY-----\n" + System.getProperty(PUBLIC) + "\n-----END PUBLIC KEY-----";
    }

    public static PublicKey publicKey() {
        try {
            var der = Base64.getDecoder().decode(System.getProperty(PUBLIC));
            return KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static PrivateKey privateKey() {
        try {
            var der = Base64.getDecoder().decode(System.getProperty(PRIVATE));
            return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Valid for five minutes, with these claims in addition or instead; null takes one away. */
    public static String token(Object... claims) {
        return signed(claims(claims), AlgorithmIdentifiers.RSA_USING_SHA256, privateKey(), null);
    }

    public static JwtClaims claims(Object... claims) {
        var all = new JwtClaims();
        all.setIssuer(ISSUER);
        all.setAudience(AUDIENCE);
        all.setClaim("exp", Instant.now().plusSeconds(300).getEpochSecond());
        Given.body(claims).forEach((name, value) -> {
            if (value == null) {
                all.unsetClaim(name);
            } else {
                all.setClaim(name, value);
            }
        });
        return all;
    }

    /** Signed however, also in ways that must not be accepted. */
    public static String signed(JwtClaims claims, String algorithm, Key key, String keyId) {
        var signature = new JsonWebSignature();
        signature.setPayload(claims.toJson());
        signature.setAlgorithmHeaderValue(algorithm);
        signature.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        signature.setDoKeyValidation(false);
        signature.setKey(key);
        if (keyId != null) {
            signature.setKeyIdHeaderValue(keyId);
        }
        try {
            return signature.getCompactSerialization();
        } catch (JoseException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
