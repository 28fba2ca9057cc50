package io.tenantry.tenancy;

import java.util.HashMap;
import java.util.Map;

/** Merges a change into free-form metadata: null takes a key away, objects are merged, everything else replaces. */
final class MergePatch {

    private MergePatch() {}

    static Map<String, Object> apply(Map<String, Object> current, Map<?, ?> change) {
        var merged = new HashMap<>(current);
        change.forEach((name, value) -> put(merged, String.valueOf(name), value));
        return merged;
    }

    private static void put(Map<String, Object> merged, String name, Object value) {
        if (value == null) {
            merged.remove(name);
        } else {
            merged.put(name, value instanceof Map<?, ?> object ? apply(objectAt(merged, name), object) : value);
        }
    }

    private static Map<String, Object> objectAt(Map<String, Object> merged, String name) {
        var object = new HashMap<String, Object>();
        if (merged.get(name) instanceof Map<?, ?> there) {
            there.forEach((key, value) -> object.put(String.valueOf(key), value));
        }
        return object;
    }
}
