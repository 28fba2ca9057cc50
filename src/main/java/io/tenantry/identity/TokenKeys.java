package io.tenantry.identity;

import io.smallrye.mutiny.Uni;

/** The keys that tokens are signed with. */
interface TokenKeys {

    /** Finds those that may have signed a token with this key id; null when it names none. Never blocks, and ends within a deadline. */
    Uni<KeySet> of(String keyId);
}
