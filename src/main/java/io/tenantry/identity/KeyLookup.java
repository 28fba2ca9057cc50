package io.tenantry.identity;

import io.smallrye.mutiny.Uni;

/** Finds virtual keys for {@link Authenticator}. */
public interface KeyLookup {

    /** The key whose secret has this SHA-256 in hex; null when there is none. */
    Uni<KeyIdentity> byHash(String secretHash);
}
