package io.tenantry.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import java.security.Key;
import java.time.Instant;
import java.util.List;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.jwx.JsonWebStructure;
import org.jose4j.lang.JoseException;

/**
 * Finds out whether a token is what it says: signed by the provider with a key of a pair, for us, and still valid. A shared secret is never
 * accepted, so nobody can sign with what is public.
 */
final class TokenVerifier {

    private static final AlgorithmConstraints KEY_PAIRS = new AlgorithmConstraints(
            ConstraintType.PERMIT,
            AlgorithmIdentifiers.RSA_USING_SHA256,
            AlgorithmIdentifiers.RSA_USING_SHA384,
            AlgorithmIdentifiers.RSA_USING_SHA512,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA384,
            AlgorithmIdentifiers.RSA_PSS_USING_SHA512,
            AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
            AlgorithmIdentifiers.ECDSA_USING_P384_CURVE_AND_SHA384,
            AlgorithmIdentifiers.ECDSA_USING_P521_CURVE_AND_SHA512,
            AlgorithmIdentifiers.EDDSA);

    private static final long MOST_REMEMBERED = 10_000;

    private final JwtConfig config;
    private final TokenKeys keys;
    private final Cache<String, TokenClaims> verified;

    TokenVerifier(JwtConfig config, TokenKeys keys) {
        this.config = config;
        this.keys = keys;
        this.verified = Caffeine.newBuilder()
                .maximumSize(MOST_REMEMBERED)
                .expireAfterWrite(config.verifiedFor())
                .build();
    }

    /** Fails with INVALID_TOKEN, EXPIRED_TOKEN or AUTH_PROVIDER_UNAVAILABLE. */
    Uni<TokenClaims> verify(String token) {
        var hash = SecretHash.of(token);
        var remembered = verified.getIfPresent(hash);
        if (remembered != null
                && remembered.expiresAt().plus(config.clockSkew()).isAfter(Instant.now())) {
            return Uni.createFrom().item(remembered);
        }
        return Uni.createFrom()
                .item(() -> keyIdOf(token))
                .flatMap(keyId -> keys.of(keyId).map(set -> verify(token, set.candidates(keyId))))
                .invoke(claims -> verified.put(hash, claims));
    }

    private static String keyIdOf(String token) {
        try {
            return JsonWebStructure.fromCompactSerialization(token).getKeyIdHeaderValue();
        } catch (JoseException malformed) {
            throw invalid("it is malformed");
        }
    }

    private TokenClaims verify(String token, List<Key> candidates) {
        if (candidates.isEmpty()) {
            throw invalid("No matching public key found");
        }
        InvalidJwtException last = null;
        for (var key : candidates) {
            try {
                var claims = consumer(key).processToClaims(token);
                var expires = Instant.ofEpochMilli(claims.getExpirationTime().getValueInMillis());
                return TokenClaims.of(config, claims.getClaimsMap(), expires);
            } catch (InvalidJwtException failure) {
                last = failure;
            } catch (MalformedClaimException failure) {
                throw invalid("a claim is malformed");
            }
        }
        throw problem(last);
    }

    private JwtConsumer consumer(Key key) {
        var builder = new JwtConsumerBuilder()
                .setJwsAlgorithmConstraints(KEY_PAIRS)
                .setVerificationKey(key)
                .setRequireExpirationTime()
                .setAllowedClockSkewInSeconds((int) config.clockSkew().toSeconds())
                .setExpectedAudience(true, config.audience().orElse(List.of()).toArray(String[]::new));
        config.issuer().ifPresent(issuer -> builder.setExpectedIssuer(true, issuer));
        return builder.build();
    }

    private static Problem problem(InvalidJwtException failure) {
        if (failure.hasErrorCode(ErrorCodes.EXPIRED)) {
            return Problem.of(ProblemCode.EXPIRED_TOKEN);
        }
        if (failure.hasErrorCode(ErrorCodes.AUDIENCE_INVALID) || failure.hasErrorCode(ErrorCodes.AUDIENCE_MISSING)) {
            return invalid("it is not meant for this service (aud)");
        }
        if (failure.hasErrorCode(ErrorCodes.ISSUER_INVALID) || failure.hasErrorCode(ErrorCodes.ISSUER_MISSING)) {
            return invalid("it was issued by somebody else (iss)");
        }
        if (failure.hasErrorCode(ErrorCodes.NOT_YET_VALID)) {
            return invalid("it is not valid yet (nbf)");
        }
        if (failure.hasErrorCode(ErrorCodes.EXPIRATION_MISSING)) {
            return invalid("it never expires (exp is missing)");
        }
        return invalid("its signature does not hold, or its algorithm is not one of a key pair");
    }

    private static Problem invalid(String why) {
        return Problem.of(ProblemCode.INVALID_TOKEN).detail("Validation fails: the token is not acceptable: %s", why);
    }
}
