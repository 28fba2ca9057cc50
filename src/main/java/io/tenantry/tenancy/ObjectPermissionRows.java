package io.tenantry.tenancy;

import static io.tenantry.tenancy.TeamRepository.texts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Object permissions as rows, many at a time: each call is one statement, in the caller's transaction. */
@ApplicationScoped
class ObjectPermissionRows {

    private static final String STORE = """
            insert into object_permission (object_permission_id, mcp_servers, mcp_access_groups, mcp_tool_permissions, mcp_toolsets,
                                           mcp_tool_search_enabled, blocked_tools, vector_stores, agents, agent_access_groups,
                                           search_tools, skills)
            select p.object_permission_id, p.mcp_servers, p.mcp_access_groups, p.mcp_tool_permissions, p.mcp_toolsets,
                   p.mcp_tool_search_enabled, p.blocked_tools, p.vector_stores, p.agents, p.agent_access_groups,
                   p.search_tools, p.skills
            from jsonb_populate_recordset(cast(null as object_permission), cast(cast(:rows as text) as jsonb)) as p
            order by p.object_permission_id
            on conflict (object_permission_id) do update
                set mcp_servers = excluded.mcp_servers, mcp_access_groups = excluded.mcp_access_groups,
                    mcp_tool_permissions = excluded.mcp_tool_permissions, mcp_toolsets = excluded.mcp_toolsets,
                    mcp_tool_search_enabled = excluded.mcp_tool_search_enabled, blocked_tools = excluded.blocked_tools,
                    vector_stores = excluded.vector_stores, agents = excluded.agents,
                    agent_access_groups = excluded.agent_access_groups, search_tools = excluded.search_tools,
                    skills = excluded.skills""";

    private static final String DELETE = "delete from object_permission where object_permission_id = any(:ids)";

    private final ObjectMapper json;

    ObjectPermissionRows(ObjectMapper json) {
        this.json = json;
    }

    /** Detached: changing one writes nothing. */
    Uni<List<ObjectPermission>> ofIds(Collection<String> ids) {
        if (ids.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return ObjectPermission.<ObjectPermission>list("objectPermissionId in ?1", ids)
                .call(() -> Panache.getSession().invoke(session -> session.clear()));
    }

    /** Makes those that are new and replaces what the others say. */
    Uni<Void> store(Collection<ObjectPermission> permissions) {
        if (permissions.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(STORE)
                        .setParameter("rows", rows(permissions))
                        .executeUpdate())
                .replaceWithVoid();
    }

    /** After their owner has let go of them. */
    Uni<Void> delete(Collection<String> ids) {
        if (ids.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.getSession()
                .flatMap(session -> session.createNativeQuery(DELETE)
                        .setParameter("ids", texts(ids))
                        .executeUpdate())
                .replaceWithVoid();
    }

    private String rows(Collection<ObjectPermission> permissions) {
        try {
            return json.writeValueAsString(
                    permissions.stream().map(ObjectPermissionRows::row).toList());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Map<String, Object> row(ObjectPermission permission) {
        var row = new HashMap<String, Object>();
        row.put("object_permission_id", permission.objectPermissionId);
        row.put("mcp_servers", permission.mcpServers);
        row.put("mcp_access_groups", permission.mcpAccessGroups);
        row.put("mcp_tool_permissions", permission.mcpToolPermissions);
        row.put("vector_stores", permission.vectorStores);
        row.put("agents", permission.agents);
        row.put("agent_access_groups", permission.agentAccessGroups);
        row.put("mcp_toolsets", permission.mcpToolsets);
        row.put("blocked_tools", permission.blockedTools);
        row.put("search_tools", permission.searchTools);
        row.put("skills", permission.skills);
        row.put("mcp_tool_search_enabled", permission.mcpToolSearchEnabled);
        return row;
    }
}
