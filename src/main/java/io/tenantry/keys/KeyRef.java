package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.ResourceKind;
import io.tenantry.core.SecretHash;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * How a caller names a key: by its secret, by the secret's SHA-256, or by its public id. Whatever else is written names no key.
 *
 * @param named      as written; may be a secret, so it goes nowhere but into {@link #masked()}
 * @param secretHash null when the key is named by its id
 * @param keyId      null when the key is named by its secret or hash
 */
record KeyRef(String named, String secretHash, UUID keyId) {

    private static final Pattern SECRET = Pattern.compile("sk-[A-Za-z0-9_-]{0,97}");
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    static KeyRef of(String named) {
        return ID.matcher(named).matches()
                ? new KeyRef(named, null, UUID.fromString(named))
                : new KeyRef(named, HASH.matcher(named).matches() ? named : SecretHash.of(named), null);
    }

    static KeyRef ofId(String keyId) {
        return new KeyRef(keyId, null, UUID.fromString(keyId));
    }

    /** As {@link #of}, but fails with INVALID_VALUE for what cannot be the name of a key. */
    static KeyRef wellFormed(String named) {
        if (!SECRET.matcher(named).matches()
                && !HASH.matcher(named).matches()
                && !ID.matcher(named).matches()) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param("key")
                    .detail(
                            "Invalid key format: give the key ('sk-…', up to 100 characters), its SHA-256 in hex or its key_id");
        }
        return of(named);
    }

    /** The hash or the id, whichever it is named by. */
    Object name() {
        return keyId == null ? secretHash : keyId;
    }

    Problem notFound() {
        return Problem.notFound(ResourceKind.KEY, masked());
    }

    private String masked() {
        return keyId != null || HASH.matcher(named).matches() ? named : KeySecret.masked(named);
    }

    @Override
    public String toString() {
        return masked();
    }
}
