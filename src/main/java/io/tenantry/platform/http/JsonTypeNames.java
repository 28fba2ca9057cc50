package io.tenantry.platform.http;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;

/** What a caller has to send for a value of a Java type. */
final class JsonTypeNames {

    private static final Set<Class<?>> WHOLE = Set.of(Long.class, long.class, Integer.class, int.class);

    private JsonTypeNames() {}

    static String of(Class<?> type) {
        if (WHOLE.contains(type)) {
            return "a whole number within range";
        }
        if (Number.class.isAssignableFrom(type) || type == double.class) {
            return "a number";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type == String.class) {
            return "a text";
        }
        if (type == Instant.class) {
            return "a time such as 2026-03-01T12:00:00Z";
        }
        if (Collection.class.isAssignableFrom(type) || type.isArray()) {
            return "a list";
        }
        return type.isEnum() ? "one of " + Arrays.toString(type.getEnumConstants()) : "an object";
    }
}
