package io.tenantry.identity;

import io.smallrye.mutiny.Uni;
import io.tenantry.core.Caller;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import io.vertx.core.MultiMap;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;

/** Establishes who is calling this API. Keys are read from the database each time: management calls are rare and must see every change. */
@ApplicationScoped
public class Authenticator {

    /** Which of a token's teams it is to speak for. */
    private static final String WANTED_TEAM = "x-litellm-team-id";

    private final MasterKey masterKey;
    private final KeyLookup keys;
    private final Tokens tokens;

    Authenticator(MasterKey masterKey, KeyLookup keys, Tokens tokens) {
        this.masterKey = masterKey;
        this.keys = keys;
        this.tokens = tokens;
    }

    /** Fails with NO_CREDENTIAL, MALFORMED_CREDENTIAL, UNKNOWN_KEY, EXPIRED_KEY or BLOCKED, and for a token as {@link Tokens} does. */
    public Uni<Caller> authenticate(MultiMap headers) {
        var credential = Credential.from(headers);
        if (masterKey.matches(credential)) {
            return Uni.createFrom().item(Caller.MASTER);
        }
        if (tokens.accept(credential)) {
            return tokens.authenticate(credential, headers.get(WANTED_TEAM));
        }
        if (Credential.isToken(credential)) {
            throw Credential.notAKey();
        }
        return keys.byHash(SecretHash.of(credential))
                .onItem()
                .ifNull()
                .failWith(() -> Problem.of(ProblemCode.UNKNOWN_KEY).param("key"))
                .invoke(Authenticator::requireUsable)
                .map(KeyIdentity::caller);
    }

    static void requireUsable(KeyIdentity key) {
        if (key.blocked()) {
            throw Problem.of(ProblemCode.BLOCKED).detail("Key is blocked");
        }
        if (key.expiresAt() != null && !key.expiresAt().isAfter(Instant.now())) {
            throw Problem.of(ProblemCode.EXPIRED_KEY).param("key");
        }
    }
}
