package io.tenantry.keys;

import io.tenantry.core.Lifespan;
import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * How a secret is to be exchanged.
 *
 * @param newKey      the caller's choice of the new secret; null for a random one
 * @param gracePeriod how long the present secret goes on working; null for the operator's default
 */
record RotationTerms(String newKey, String gracePeriod) {

    private static final String NONE = "0[a-z]*";

    /** From the fields of a request that only a rotation knows. */
    static RotationTerms of(Map<String, Object> others) {
        if (others.get("new_master_key") != null) {
            throw Problem.of(ProblemCode.NOT_ENFORCED)
                    .param("new_master_key")
                    .detail("new_master_key is not supported: the master key is configuration (TENANTRY_MASTER_KEY)");
        }
        return new RotationTerms(text(others, "new_key"), text(others, "grace_period"));
    }

    private static String text(Map<String, Object> others, String field) {
        var value = others.get(field);
        if (value != null && !(value instanceof String)) {
            throw Problem.of(ProblemCode.VALIDATION).param(field).detail("%s must be a text", field);
        }
        return value == null || ((String) value).isBlank() ? null : (String) value;
    }

    KeySecret secret() {
        return KeySecret.chosenOrRandom(newKey, "new_key");
    }

    /** The end of the present secret's life; not after {@code now} when it has none left. */
    Instant graceEnd(Duration otherwise, Instant now) {
        if (gracePeriod == null) {
            return now.plus(otherwise);
        }
        return gracePeriod.matches(NONE) ? now : Lifespan.endingAt(gracePeriod, "grace_period", now);
    }
}
