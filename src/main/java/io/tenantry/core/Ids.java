package io.tenantry.core;

import java.util.UUID;
import java.util.regex.Pattern;

/** Ids that callers may choose. They travel in URLs, log lines and Redis names, so what they may contain is narrow. */
public final class Ids {

    /** As a pattern for request validation: starts with a letter or digit, then also {@code . _ @ + | = ~ -}; up to 255. */
    public static final String PATTERN = "[A-Za-z0-9][A-Za-z0-9._@+|=~-]{0,254}";

    public static final String RULE =
            "must start with a letter or digit and contain only letters, digits and . _ @ + | = ~ - (255 at most)";

    private static final Pattern VALID = Pattern.compile(PATTERN);

    private Ids() {}

    public static String random() {
        return UUID.randomUUID().toString();
    }

    public static boolean valid(String id) {
        return VALID.matcher(id).matches();
    }

    /**
     * What stands for an id in Redis names, where not every text can stand: the id itself if it is {@link #valid}, else a hash of it. The
     * database's {@code id_in_names} has the same rule. A hash begins with a tilde, a valid id never does.
     */
    public static String inNames(String id) {
        return valid(id) ? id : "~" + SecretHash.of(id);
    }

    /** The chosen id, or a random one where none (or a blank one) was chosen. Fails with INVALID_VALUE naming the field. */
    public static String chosenOrRandom(String chosen, String field) {
        if (chosen == null || chosen.isBlank()) {
            return random();
        }
        if (!valid(chosen)) {
            throw Problem.of(ProblemCode.INVALID_VALUE).param(field).detail("%s %s", field, RULE);
        }
        return chosen;
    }
}
