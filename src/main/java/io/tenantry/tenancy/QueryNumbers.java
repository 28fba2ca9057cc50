package io.tenantry.tenancy;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;

/** Numbers in query strings. Read here, since the framework would answer a text in their place with 404. */
final class QueryNumbers {

    private QueryNumbers() {}

    /** The value, cut to the largest one; that one also where nothing was sent. Fails with VALIDATION naming the parameter. */
    static int positive(String name, String text, int most) {
        if (text == null || text.isBlank()) {
            return most;
        }
        if (!text.matches("[0-9]{1,18}") || Long.parseLong(text) < 1) {
            throw Problem.of(ProblemCode.VALIDATION).param(name).detail("%s must be a whole number above zero", name);
        }
        return (int) Math.min(Long.parseLong(text), most);
    }

    /** The value; {@code otherwise} where nothing was sent. Fails with VALIDATION naming the parameter for one that is not from 1 to {@code most}. */
    static int within(String name, String text, int otherwise, int most) {
        if (text == null || text.isBlank()) {
            return otherwise;
        }
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > most) {
            throw Problem.of(ProblemCode.VALIDATION)
                    .param(name)
                    .detail("%s must be a whole number from 1 to %d", name, most);
        }
        return Integer.parseInt(text);
    }
}
