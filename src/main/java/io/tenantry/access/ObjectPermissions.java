package io.tenantry.access;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What vector stores, MCP servers and agents may be used: every level that says something about a list has to allow an entry. */
public final class ObjectPermissions {

    private ObjectPermissions() {}

    /**
     * The most restrictive combination, list by list; null when no level says anything.
     *
     * @param levels each level's permissions, most specific first; null entries and null lists say nothing
     */
    public static Map<String, Object> mostRestrictive(List<Map<String, Object>> levels) {
        var fields = new TreeSet<String>();
        levels.stream().filter(level -> level != null).forEach(level -> fields.addAll(level.keySet()));
        if (fields.isEmpty()) {
            return null;
        }
        var combined = new LinkedHashMap<String, Object>();
        fields.forEach(field -> combined.put(field, combined(field, levels)));
        return combined;
    }

    private static Object combined(String field, List<Map<String, Object>> levels) {
        Object combined = null;
        for (var level : levels) {
            var said = level == null ? null : level.get(field);
            if (said != null) {
                combined = combined == null ? said : both(combined, said);
            }
        }
        return combined;
    }

    private static Object both(Object one, Object other) {
        if (one instanceof List<?> allowed && other instanceof List<?> also) {
            return allowed.stream().filter(also::contains).toList();
        }
        if (one instanceof Map<?, ?> allowed && other instanceof Map<?, ?> also) {
            return bothMaps(allowed, also);
        }
        return one;
    }

    /** Tools by server: a server that only one level names is restricted by that level; of one that both name, the tools of both. */
    private static Map<Object, Object> bothMaps(Map<?, ?> one, Map<?, ?> other) {
        var servers = new ArrayList<Object>(one.keySet());
        other.keySet().stream().filter(server -> !one.containsKey(server)).forEach(servers::add);
        var combined = new LinkedHashMap<>();
        for (var server : servers) {
            var tools = one.get(server);
            var also = other.get(server);
            combined.put(server, tools == null ? also : also == null ? tools : both(tools, also));
        }
        return combined;
    }
}
