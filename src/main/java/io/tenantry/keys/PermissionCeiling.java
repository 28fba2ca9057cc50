package io.tenantry.keys;

import io.tenantry.core.Problem;
import io.tenantry.core.ProblemCode;
import io.tenantry.tenancy.ObjectPermission;
import java.util.List;

/** Holds a key's object permission within that of its team or organization. A list that is not set allows all on either side. */
final class PermissionCeiling {

    private PermissionCeiling() {}

    /** Fails with PARENT_LIMIT_EXCEEDED naming the first list that has more than the parent's. */
    static void require(ObjectPermission parent, ObjectPermission asked) {
        require("mcp_servers", parent.mcpServers, asked.mcpServers);
        require("mcp_access_groups", parent.mcpAccessGroups, asked.mcpAccessGroups);
        require("vector_stores", parent.vectorStores, asked.vectorStores);
        require("agents", parent.agents, asked.agents);
        require("agent_access_groups", parent.agentAccessGroups, asked.agentAccessGroups);
        if (asked.mcpToolPermissions != null) {
            asked.mcpToolPermissions.forEach((server, tools) -> requireTools(parent, server, tools));
        }
    }

    private static void requireTools(ObjectPermission parent, String server, Object tools) {
        require("mcp_tool_permissions", parent.mcpServers, List.of(server));
        if (parent.mcpToolPermissions != null && parent.mcpToolPermissions.get(server) instanceof List<?> allowed) {
            require("mcp_tool_permissions", allowed, (List<?>) tools);
        }
    }

    private static void require(String field, List<?> allowed, List<?> asked) {
        if (allowed == null || asked == null || allowed.containsAll(asked)) {
            return;
        }
        throw Problem.of(ProblemCode.PARENT_LIMIT_EXCEEDED)
                .param("object_permission." + field)
                .detail("object_permission.%s of the key has more than its team or organization allows", field);
    }
}
