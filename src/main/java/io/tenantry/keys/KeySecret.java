package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.core.SecretHash;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/** The secret of a key: what its holder sends. It exists in plain text only from its making until the answer is written. */
final class KeySecret {

    private static final int RANDOM_BYTES = 24;
    private static final Pattern CHOSEN = Pattern.compile("sk-[A-Za-z0-9_-]{9,97}");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String text;

    private KeySecret(String text) {
        this.text = text;
    }

    /** The caller's choice, or a random one where there is none. Fails with INVALID_VALUE naming the field when the choice is unfit. */
    static KeySecret chosenOrRandom(String chosen, String field) {
        return chosen == null || chosen.isEmpty() ? random() : chosen(chosen, field);
    }

    private static KeySecret chosen(String text, String field) {
        // What is longer or has other characters could not be blocked later; what is shorter could be guessed.
        if (!CHOSEN.matcher(text).matches()) {
            throw Problem.of(ProblemCode.INVALID_VALUE)
                    .param(field)
                    .detail(
                            "Invalid key format: a key must start with 'sk-' and have 12 to 100 characters, all of them letters, digits, _ or -. Got %s",
                            masked(text));
        }
        return new KeySecret(text);
    }

    static KeySecret random() {
        var bytes = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(bytes);
        return new KeySecret("sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** What may stand in a message in place of a secret. */
    static String masked(String secret) {
        return secret.length() <= 8 ? "****" : secret.substring(0, 4) + "****" + secret.substring(secret.length() - 4);
    }

    String hash() {
        return SecretHash.of(text);
    }

    /** The form that lists show, so that people recognize their key. */
    String shownName() {
        return "sk-..." + text.substring(text.length() - 4);
    }

    /** For the one answer that shows it. */
    String reveal() {
        return text;
    }

    @Override
    public String toString() {
        return shownName();
    }
}
