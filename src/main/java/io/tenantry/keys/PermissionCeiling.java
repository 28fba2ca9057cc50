package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ObjectPermission;
import java.util.List;

/** Holds a key's object permission within that of its team or organization. A list that is not set allows all on either side, unless
 * the parent names another way to the same things. */
final class PermissionCeiling {

    private PermissionCeiling() {}

    /** Fails with PARENT_LIMIT_EXCEEDED naming the first list that has more than the parent's. */
    static void require(ObjectPermission parent, ObjectPermission asked) {
        require("mcp_servers", servers(parent), asked.mcpServers);
        require("mcp_access_groups", way(parent.mcpAccessGroups, servers(parent)), asked.mcpAccessGroups);
        require("mcp_toolsets", way(parent.mcpToolsets, servers(parent)), asked.mcpToolsets);
        require("vector_stores", parent.vectorStores, asked.vectorStores);
        require("agents", way(parent.agents, parent.agentAccessGroups), asked.agents);
        require("agent_access_groups", way(parent.agentAccessGroups, parent.agents), asked.agentAccessGroups);
        require("search_tools", parent.searchTools, asked.searchTools);
        require("skills", parent.skills, asked.skills);
        if (Boolean.FALSE.equals(parent.mcpToolSearchEnabled) && Boolean.TRUE.equals(asked.mcpToolSearchEnabled)) {
            throw exceeded("mcp_tool_search_enabled");
        }
        if (asked.mcpToolPermissions != null) {
            asked.mcpToolPermissions.forEach((server, tools) -> requireTools(parent, server, tools));
        }
    }

    private static List<String> servers(ObjectPermission parent) {
        return way(way(parent.mcpServers, parent.mcpAccessGroups), parent.mcpToolsets);
    }

    /** One of several ways to the same things: a parent that names another grants nothing by this one. */
    private static List<String> way(List<String> named, List<String> other) {
        return named == null && other != null ? List.of() : named;
    }

    private static void requireTools(ObjectPermission parent, String server, Object tools) {
        if (parent.mcpAccessGroups == null && parent.mcpToolsets == null) {
            require("mcp_tool_permissions", parent.mcpServers, List.of(server));
        }
        if (parent.mcpToolPermissions != null && parent.mcpToolPermissions.get(server) instanceof List<?> allowed) {
            require("mcp_tool_permissions", allowed, (List<?>) tools);
        }
    }

    private static void require(String field, List<?> allowed, List<?> asked) {
        if (allowed == null || asked == null || allowed.containsAll(asked)) {
            return;
        }
        throw exceeded(field);
    }

    private static Problem exceeded(String field) {
        return Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                .param("object_permission." + field)
                .detail("object_permission.%s of the key has more than its team or organization allows", field);
    }
}
