package io.tenantry.docs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * JSON as a page shows it: fields may be left out, {@code …} stands for any value or any part of a text, and as an element of a list for
 * elements left out there. What is shown of a list is in its order.
 */
final class ShortenedJson {

    private static final String ANYTHING = "…";

    private ShortenedJson() {}

    /** Where the full document is not what the shortened one shows; empty when it is. */
    static List<String> differences(JsonNode shown, JsonNode full) {
        return at("$", shown, full).toList();
    }

    private static Stream<String> at(String path, JsonNode shown, JsonNode full) {
        if (shown.isObject() && full.isObject()) {
            return shown.properties().stream()
                    .flatMap(field -> field(path + "." + field.getKey(), field.getValue(), full.get(field.getKey())));
        }
        if (shown.isArray() && full.isArray()) {
            return list(path, shown, full);
        }
        return isSame(shown, full) ? Stream.empty() : Stream.of(path + " is " + full + ", the page says " + shown);
    }

    private static Stream<String> field(String path, JsonNode shown, JsonNode full) {
        return full == null ? Stream.of(path + " is not there, the page says " + shown) : at(path, shown, full);
    }

    private static Stream<String> list(String path, JsonNode shown, JsonNode full) {
        var wanted = new ArrayList<JsonNode>();
        shown.forEach(wanted::add);
        boolean leftOut = wanted.removeIf(element -> element.asText().equals(ANYTHING));
        if (!leftOut && wanted.size() != full.size()) {
            return Stream.of(path + " has " + full.size() + " elements, the page says " + wanted.size() + ": " + full);
        }
        var missing = new ArrayList<String>();
        int from = 0;
        for (int index = 0; index < wanted.size(); index++) {
            var element = wanted.get(index);
            if (!leftOut) {
                at(path + "[" + index + "]", element, full.get(index)).forEach(missing::add);
                continue;
            }
            int found = find(element, full, from);
            if (found < 0) {
                missing.add(path + " has no such element, or not in this order: " + element + " in " + full);
            } else {
                from = found + 1;
            }
        }
        return missing.stream();
    }

    private static int find(JsonNode wanted, JsonNode list, int from) {
        for (int index = from; index < list.size(); index++) {
            if (at("", wanted, list.get(index)).findAny().isEmpty()) {
                return index;
            }
        }
        return -1;
    }

    private static boolean isSame(JsonNode shown, JsonNode full) {
        if (shown.isNumber() && full.isNumber()) {
            return shown.decimalValue().compareTo(full.decimalValue()) == 0;
        }
        if (shown.isTextual() && shown.asText().equals(ANYTHING)) {
            return !full.isNull();
        }
        return shown.isTextual() && full.isTextual() ? matches(shown.asText(), full.asText()) : shown.equals(full);
    }

    /** Whether a text is as shown, with anything in place of each {@code …}. */
    static boolean matches(String shown, String full) {
        var pattern = Stream.of(shown.split(ANYTHING, -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        return Pattern.compile(pattern, Pattern.DOTALL).matcher(full).matches();
    }
}
