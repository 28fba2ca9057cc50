package io.tenantry.platform.http;

import io.tenantry.platform.http.ErrorBody.FieldError;
import jakarta.ws.rs.ext.ParamConverter;
import jakarta.ws.rs.ext.ParamConverterProvider;
import jakarta.ws.rs.ext.Provider;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** Reads the numbers and truth values of queries and paths, so that a wrong one is 422 and named. */
@Provider
public class ParameterTypes implements ParamConverterProvider {

    private static final Map<Class<?>, Function<String, ?>> READERS = Map.of(
            Integer.class, Integer::valueOf,
            int.class, Integer::valueOf,
            Long.class, Long::valueOf,
            long.class, Long::valueOf,
            Boolean.class, ParameterTypes::truth,
            boolean.class, ParameterTypes::truth);

    @Override
    @SuppressWarnings("unchecked") // the table maps each type to a reader of it
    public <T> ParamConverter<T> getConverter(Class<T> type, Type generic, Annotation[] annotations) {
        var reader = (Function<String, T>) READERS.get(type);
        return reader == null
                ? null
                : new Named<>(reader, JsonTypeNames.of(type), location(annotations), type.isPrimitive());
    }

    private static List<String> location(Annotation[] annotations) {
        return Arrays.stream(annotations)
                .map(annotation -> ParameterLocation.named(annotation, ""))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(List.of(FieldErrors.QUERY));
    }

    private static Boolean truth(String text) {
        return switch (text.strip().toLowerCase(java.util.Locale.ROOT)) {
            case "true", "1", "yes", "on" -> true;
            case "false", "0", "no", "off" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    /** @param required a primitive has no null to stand for a blank */
    private record Named<T>(Function<String, T> reader, String expected, List<String> location, boolean required)
            implements ParamConverter<T> {

        @Override
        public T fromString(String text) {
            try {
                return !required && (text == null || text.isBlank()) ? null : reader.apply(text.strip());
            } catch (IllegalArgumentException wrong) {
                throw new InvalidParameter(new FieldError("type_error", location, "must be " + expected, null));
            }
        }

        @Override
        public String toString(T value) {
            return String.valueOf(value);
        }
    }
}
