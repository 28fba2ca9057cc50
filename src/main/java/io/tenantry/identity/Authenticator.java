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

    private final MasterKey masterKey;
    private final KeyLookup keys;

    Authenticator(MasterKey masterKey, KeyLookup keys) {
        this.masterKey = masterKey;
        this.keys = keys;
    }

    /** Fails with NO_CREDENTIAL, MALFORMED_CREDENTIAL, UNKNOWN_KEY, EXPIRED_KEY or BLOCKED. */
    public Uni<Caller> authenticate(MultiMap headers) {
        var credential = Credential.from(headers);
        if (masterKey.matches(credential)) {
            return Uni.createFrom().item(Caller.MASTER);
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
