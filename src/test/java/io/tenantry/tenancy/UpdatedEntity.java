package io.tenantry.tenancy;

import io.restassured.path.json.JsonPath;
import io.tenantry.testing.Given;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Something that an update changes.
 *
 * @param request   the record that the update is read into
 * @param elsewhere fields of it that name the object or another one, or come in pairs: they have tests of their own
 * @param making    makes one, with all names that {@code $…} in values stand for; {@code $id} is its own
 * @param updating  sends an update
 * @param reading   reads it again
 * @param resent    fields that are taken along by another one's change, by that one's name
 */
record UpdatedEntity(
        String title,
        Class<?> request,
        Set<String> elsewhere,
        List<Field> fields,
        Supplier<Map<String, String>> making,
        BiConsumer<Map<String, String>, Map<String, Object>> updating,
        Function<Map<String, String>, Map<String, Object>> reading,
        Map<String, Set<String>> resent) {

    private static final Pattern CAMEL = Pattern.compile("([a-z])([A-Z])");

    /**
     * @param path    where it is read, names with dots between them
     * @param value   as it is sent
     * @param shown   as that is read
     * @param cleared what null makes of it
     * @param zero    what allows nothing, sent and read alike; null where there is no such value
     */
    record Field(String name, String path, Object value, Object shown, Object cleared, Object zero) {

        static Field of(String name, Object value, Object cleared, Object zero) {
            return new Field(name, name, value, value, cleared, zero);
        }

        Field at(String path) {
            return new Field(name, path, value, shown, cleared, zero);
        }

        /** In an object that is shown with this name. */
        Field in(String outer) {
            return at(outer + "." + path);
        }

        Field shownAs(Object other) {
            return new Field(name, path, value, other, cleared, zero);
        }

        Field clearedTo(Object other) {
            return new Field(name, path, value, shown, other, zero);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** One of them, made for a test. */
    record Subject(UpdatedEntity entity, Map<String, String> names) {

        void update(Map<String, Object> change) {
            entity.updating().accept(names, change);
        }

        Map<String, Object> values() {
            var values = new HashMap<String, Object>();
            entity.fields().forEach(field -> values.put(field.name(), filled(field.value())));
            return values;
        }

        Map<String, Object> expected() {
            var expected = new LinkedHashMap<String, Object>();
            entity.fields().forEach(field -> expected.put(field.name(), filled(field.shown())));
            return expected;
        }

        Map<String, Object> shown() {
            var row = entity.reading().apply(names);
            var shown = new LinkedHashMap<String, Object>();
            entity.fields().forEach(field -> shown.put(field.name(), at(row, field.path())));
            return shown;
        }

        private static Object at(Object row, String path) {
            var here = row;
            for (var step : path.split("\\.")) {
                here = here instanceof Map<?, ?> object ? object.get(step) : null;
            }
            return here;
        }

        Object filled(Object value) {
            if (value instanceof List<?> list) {
                return list.stream().map(this::filled).toList();
            }
            if (!(value instanceof String text)) {
                return value;
            }
            var filled = text;
            for (var name : names.entrySet()) {
                filled = filled.replace("$" + name.getKey(), name.getValue());
            }
            return filled;
        }
    }

    Subject make() {
        var names = new HashMap<>(making.get());
        names.put("new", Given.unique("new"));
        return new Subject(this, names);
    }

    /** The wire's names of what the request declares, and of the further limits where it takes them. */
    Set<String> declared() {
        var declared = new TreeSet<String>();
        Arrays.stream(request.getRecordComponents())
                .map(component ->
                        CAMEL.matcher(component.getName()).replaceAll("$1_$2").toLowerCase())
                .forEach(declared::add);
        if (fields.stream().anyMatch(field -> FurtherLimits.FIELDS.contains(field.name()))) {
            declared.addAll(FurtherLimits.FIELDS);
        }
        declared.remove("others");
        return declared;
    }

    Map<String, Object> beside(Subject subject, String field) {
        var beside = subject.values();
        beside.keySet().retainAll(resent.getOrDefault(field, Set.of()));
        return beside;
    }

    static Map<String, Object> row(JsonPath answer, String path) {
        return answer.getMap(path);
    }

    @Override
    public String toString() {
        return title;
    }
}
