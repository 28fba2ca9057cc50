package io.tenantry.tenancy;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tenantry.core.Ids;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** Which tools, stores and agents its owner may use. A null list says nothing, an empty one allows none. */
@Entity
@Table(name = "object_permission")
public class ObjectPermission extends PanacheEntityBase {

    @Id
    @Column(name = "object_permission_id")
    public String objectPermissionId;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "mcp_servers")
    public List<String> mcpServers;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "mcp_access_groups")
    public List<String> mcpAccessGroups;

    @JdbcTypeCode(SqlTypes.JSON)
    @Column(name = "mcp_tool_permissions")
    public Map<String, Object> mcpToolPermissions;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "vector_stores")
    public List<String> vectorStores;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> agents;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "agent_access_groups")
    public List<String> agentAccessGroups;

    /** Sets of tools that the proxy knows by name: one more way to a server. */
    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "mcp_toolsets")
    public List<String> mcpToolsets;

    /** Tools that may not be used, whatever else is said. */
    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "blocked_tools")
    public List<String> blockedTools;

    @JdbcTypeCode(SqlTypes.ARRAY)
    @Column(name = "search_tools")
    public List<String> searchTools;

    @JdbcTypeCode(SqlTypes.ARRAY)
    public List<String> skills;

    @Column(name = "mcp_tool_search_enabled")
    public Boolean mcpToolSearchEnabled;

    @Column(name = "created_at")
    public Instant createdAt;

    @Column(name = "updated_at")
    public Instant updatedAt;

    /** One that says nothing yet. */
    public static ObjectPermission make() {
        var permission = new ObjectPermission();
        permission.objectPermissionId = Ids.random();
        permission.createdAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
        permission.updatedAt = permission.createdAt;
        return permission;
    }

    /** Whether both allow the same. */
    public boolean saysTheSameAs(ObjectPermission other) {
        return Objects.equals(mcpServers, other.mcpServers)
                && Objects.equals(mcpAccessGroups, other.mcpAccessGroups)
                && Objects.equals(mcpToolPermissions, other.mcpToolPermissions)
                && Objects.equals(vectorStores, other.vectorStores)
                && Objects.equals(agents, other.agents)
                && Objects.equals(agentAccessGroups, other.agentAccessGroups)
                && Objects.equals(mcpToolsets, other.mcpToolsets)
                && Objects.equals(blockedTools, other.blockedTools)
                && Objects.equals(searchTools, other.searchTools)
                && Objects.equals(skills, other.skills)
                && Objects.equals(mcpToolSearchEnabled, other.mcpToolSearchEnabled);
    }

    /** Says what the other says from now on. */
    public void take(ObjectPermission other) {
        mcpServers = other.mcpServers;
        mcpAccessGroups = other.mcpAccessGroups;
        mcpToolPermissions = other.mcpToolPermissions;
        vectorStores = other.vectorStores;
        agents = other.agents;
        agentAccessGroups = other.agentAccessGroups;
        mcpToolsets = other.mcpToolsets;
        blockedTools = other.blockedTools;
        searchTools = other.searchTools;
        skills = other.skills;
        mcpToolSearchEnabled = other.mcpToolSearchEnabled;
        updatedAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
    }
}
