package io.tenantry.testing;

import static io.restassured.RestAssured.given;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The served description of the API, and whether answers are as it says: the part of JSON Schema that it uses. */
public final class Described {

    private final Map<String, Object> api;

    private Described(Map<String, Object> api) {
        this.api = api;
    }

    public static Described served() {
        return new Described(
                given().accept("application/json").get("/q/openapi").jsonPath().getMap("$"));
    }

    /** What an answer of this operation differs in from what is said of it. */
    public List<String> differences(String method, String path, int status, Object body) {
        var operation = map(map(map(api.get("paths")).get(path)).get(method.toLowerCase()));
        var responses = map(operation.get("responses"));
        if (!responses.containsKey(String.valueOf(status))) {
            return List.of("status " + status + " is not described");
        }
        var content = map(resolved(map(responses.get(String.valueOf(status)))).get("content"));
        var differences = new ArrayList<String>();
        if (content.containsKey("application/json")) {
            compare("", map(map(content.get("application/json")).get("schema")), body, differences);
        }
        return differences;
    }

    private void compare(String where, Map<String, Object> written, Object value, List<String> differences) {
        var schema = resolved(written);
        if (schema.get("anyOf") instanceof List<?> alternatives) {
            compareAny(where, alternatives, value, differences);
            return;
        }
        var types = schema.get("type") instanceof List<?> several ? several : list(schema.get("type"));
        if (!types.isEmpty() && types.stream().noneMatch(type -> isOf((String) type, value))) {
            differences.add("%s is %s and not %s".formatted(where, value, types));
            return;
        }
        if (schema.get("enum") instanceof List<?> words && !words.contains(value)) {
            differences.add("%s is '%s' and not one of %s".formatted(where, value, words));
        }
        if (value instanceof Map<?, ?> object) {
            compareFields(where, schema, object, differences);
        }
        if (value instanceof List<?> items && schema.get("items") instanceof Map<?, ?>) {
            items.forEach(item -> compare(where + "[]", map(schema.get("items")), item, differences));
        }
    }

    private void compareAny(String where, List<?> alternatives, Object value, List<String> differences) {
        List<String> fewest = null;
        for (var alternative : alternatives) {
            var met = new ArrayList<String>();
            compare(where, map(alternative), value, met);
            if (fewest == null || met.size() < fewest.size()) {
                fewest = met;
            }
        }
        differences.addAll(fewest);
    }

    private void compareFields(String where, Map<String, Object> schema, Map<?, ?> object, List<String> differences) {
        list(schema.get("required")).stream()
                .filter(name -> !object.containsKey(name))
                .forEach(name -> differences.add("%s.%s is not there".formatted(where, name)));
        var properties = map(schema.get("properties"));
        object.forEach((name, value) -> {
            var field = properties.getOrDefault((String) name, schema.get("additionalProperties"));
            if (field instanceof Map<?, ?>) {
                compare(where + "." + name, map(field), value, differences);
            } else if (!properties.isEmpty()) {
                differences.add("%s.%s is not described".formatted(where, name));
            }
        });
    }

    private static boolean isOf(String type, Object value) {
        return switch (type) {
            case "null" -> value == null;
            case "string" -> value instanceof String;
            case "boolean" -> value instanceof Boolean;
            case "integer" -> value instanceof Integer || value instanceof Long;
            case "number" -> value instanceof Number;
            case "array" -> value instanceof List<?>;
            default -> value instanceof Map<?, ?>;
        };
    }

    /** What a node stands for: itself, or what it refers to. */
    public Map<String, Object> resolved(Map<String, Object> node) {
        if (!(node.get("$ref") instanceof String reference)) {
            return node;
        }
        Object place = api;
        for (var step : reference.substring("#/".length()).split("/")) {
            place = map(place).get(step);
        }
        return resolved(map(place));
    }

    private static List<?> list(Object value) {
        return value == null ? List.of() : value instanceof Collection<?> many ? List.copyOf(many) : List.of(value);
    }

    @SuppressWarnings("unchecked") // it comes from JSON
    private static Map<String, Object> map(Object node) {
        return node == null ? Map.of() : (Map<String, Object>) node;
    }
}
