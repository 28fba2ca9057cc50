package io.tenantry.access;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What vector stores, MCP servers, agents, skills and tools may be used. Every level that says something has to allow an entry; what one level
 * blocks is blocked.
 */
public final class ObjectPermissions {

    /** Several ways to the same things: a level that names one of them grants nothing by the others. */
    static final List<List<String>> WAYS = List.of(
            List.of("mcp_servers", "mcp_access_groups", "mcp_toolsets"), List.of("agents", "agent_access_groups"));

    private static final String BLOCKED = "blocked_tools";

    private ObjectPermissions() {}

    /**
     * The most restrictive combination, field by field; null when no level says anything.
     *
     * @param levels each level's permissions, most specific first; null entries and null fields say nothing
     */
    public static Map<String, Object> mostRestrictive(List<Map<String, Object>> levels) {
        var whole = levels.stream().map(ObjectPermissions::whole).toList();
        var fields = new TreeSet<String>();
        whole.forEach(level -> fields.addAll(level.keySet()));
        if (fields.isEmpty()) {
            return null;
        }
        var combined = new LinkedHashMap<String, Object>();
        fields.forEach(field -> combined.put(field, combined(field, whole)));
        return combined;
    }

    /** What a level says, with nothing left open that it means to close. */
    static Map<String, Object> whole(Map<String, Object> level) {
        var whole = new HashMap<String, Object>();
        if (level == null) {
            return whole;
        }
        level.forEach((field, said) -> {
            if (said != null) {
                whole.put(field, said);
            }
        });
        WAYS.stream()
                .filter(ways -> ways.stream().anyMatch(whole::containsKey))
                .flatMap(Collection::stream)
                .forEach(way -> whole.putIfAbsent(way, List.of()));
        return whole;
    }

    private static Object combined(String field, List<Map<String, Object>> levels) {
        Object combined = null;
        for (var level : levels) {
            var said = level.get(field);
            if (said != null) {
                combined = combined == null ? said : both(field, combined, said);
            }
        }
        return combined;
    }

    private static Object both(String field, Object one, Object other) {
        if (one instanceof List<?> some && other instanceof List<?> others) {
            return field.equals(BLOCKED)
                    ? Stream.concat(some.stream(), others.stream()).distinct().toList()
                    : some.stream().filter(others::contains).toList();
        }
        if (one instanceof Map<?, ?> allowed && other instanceof Map<?, ?> also) {
            return bothMaps(allowed, also);
        }
        return Boolean.TRUE.equals(one) ? other : one;
    }

    /** Tools by server: a server that only one level names is restricted by that level; of one that both name, the tools of both. */
    private static Map<Object, Object> bothMaps(Map<?, ?> one, Map<?, ?> other) {
        var servers = new ArrayList<Object>(one.keySet());
        other.keySet().stream().filter(server -> !one.containsKey(server)).forEach(servers::add);
        var combined = new LinkedHashMap<>();
        for (var server : servers) {
            var tools = one.get(server);
            var also = other.get(server);
            combined.put(server, tools == null ? also : also == null ? tools : both("", tools, also));
        }
        return combined;
    }
}
