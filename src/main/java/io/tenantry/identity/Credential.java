package io.tenantry.identity;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.vertx.core.MultiMap;

/** Reads the credential from where clients of this API put it. The first header that is there counts. */
final class Credential {

    private static final String[] PLAIN_HEADERS = {
        "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key", "x-litellm-api-key"
    };
    private static final int LONGEST = 8_192;

    private Credential() {}

    static String from(MultiMap headers) {
        var authorization = headers.get("authorization");
        if (authorization != null && !authorization.isBlank()) {
            return checked(withoutScheme(authorization));
        }
        for (var name : PLAIN_HEADERS) {
            var value = headers.get(name);
            if (value != null && !value.isBlank()) {
                return checked(value.startsWith("Bearer ") ? value.substring(7).strip() : value.strip());
            }
        }
        throw Problem.of(ProblemCode.NO_CREDENTIAL);
    }

    private static String withoutScheme(String authorization) {
        if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw Problem.of(ProblemCode.MALFORMED_CREDENTIAL)
                    .detail("Malformed API Key passed in. Ensure the header reads 'Authorization: Bearer <key>'");
        }
        return authorization.substring(7).strip();
    }

    /** Whether it has the form of a signed token: three parts, the first of which is a JSON object in Base64. */
    static boolean isToken(String credential) {
        return credential.startsWith("eyJ")
                && credential.chars().filter(c -> c == '.').count() == 2;
    }

    /** Tokens are a matter of configuration: without it they are no credentials at all. */
    static Problem notAKey() {
        return Problem.of(ProblemCode.MALFORMED_CREDENTIAL)
                .detail("Malformed API Key passed in: expected to start with 'sk-'");
    }

    private static String checked(String credential) {
        if (!credential.startsWith("sk-") && !isToken(credential)) {
            throw notAKey();
        }
        if (credential.length() > LONGEST) {
            throw Problem.of(ProblemCode.MALFORMED_CREDENTIAL).detail("Malformed API Key passed in: it is too long");
        }
        return credential;
    }
}
