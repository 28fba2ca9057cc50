package io.tenantry.access;

import io.tenantry.access.ObjectAccess.Denied;
import io.tenantry.access.ObjectAccess.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The objects that a request wants to use, as far as the proxy says so.
 *
 * @param tools by the MCP server that has them
 */
public record WantedObjects(
        List<String> vectorStores,
        List<String> agents,
        List<String> mcpServers,
        List<String> searchTools,
        List<String> skills,
        Map<String, List<String>> tools) {

    public static final WantedObjects NONE =
            new WantedObjects(List.of(), List.of(), List.of(), List.of(), List.of(), Map.of());

    boolean isEmpty() {
        return this == NONE || equals(NONE);
    }

    /**
     * The first that this level does not allow. Who is in a group of servers or agents only the proxy knows: where a level grants groups, what its
     * list does not name is left to the proxy.
     */
    Optional<Denied> deniedBy(Level level) {
        var terms = level.terms();
        return Stream.of(
                        outside(level, "vector_stores", terms, vectorStores),
                        outside(level, "mcp_servers", terms, servers()),
                        deniedTool(level, terms),
                        outside(level, "agents", terms, agents),
                        outside(level, "search_tools", terms, searchTools),
                        outside(level, "skills", terms, skills))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** A tool is used at its server. */
    private List<String> servers() {
        return Stream.concat(mcpServers.stream(), tools.keySet().stream())
                .distinct()
                .toList();
    }

    private static Optional<Denied> outside(Level level, String field, Map<String, Object> terms, List<String> wanted) {
        if (!(terms.get(field) instanceof List<?> allowed) || grantsGroups(field, terms)) {
            return Optional.empty();
        }
        return wanted.stream()
                .filter(one -> !allowed.contains(one))
                .findFirst()
                .map(one -> new Denied(level, field, one));
    }

    private static boolean grantsGroups(String field, Map<String, Object> terms) {
        return ObjectPermissions.WAYS.stream()
                .filter(ways -> ways.get(0).equals(field))
                .flatMap(ways -> ways.stream().skip(1))
                .anyMatch(way -> terms.get(way) instanceof List<?> groups && !groups.isEmpty());
    }

    private Optional<Denied> deniedTool(Level level, Map<String, Object> terms) {
        var blocked = terms.get("blocked_tools") instanceof List<?> list ? list : List.of();
        var byServer = terms.get("mcp_tool_permissions") instanceof Map<?, ?> map ? map : Map.of();
        return tools.entrySet().stream()
                .flatMap(server -> server.getValue().stream()
                        .filter(tool -> blocked.contains(tool)
                                || (byServer.get(server.getKey()) instanceof List<?> allowed
                                        && !allowed.contains(tool)))
                        .map(tool -> new Denied(
                                level,
                                blocked.contains(tool) ? "blocked_tools" : "mcp_tool_permissions",
                                server.getKey() + "/" + tool)))
                .findFirst();
    }
}
